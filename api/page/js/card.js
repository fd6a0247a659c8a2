/* One race on the board: made once, updated in place, its clocks ticking. */

import {
  asOf, bothTimes, count, countdown, hourAndMinute, instant, isOver, metres, moved, moveMark, price, statusTone,
  typeMark, typeName, words,
} from "./format.js";
import { element, keyed, mark, say } from "./dom.js";

const SHOWN_RUNNERS = 4;
const RUNNER_PARTS = ["runner-number", "runner-name", "move", "price"];

export class Card {
  constructor(race) {
    this.link = element("a", { href: raceLink(race.race_id), tabindex: "-1" });
    this.parts = {
      countdown: element("time", { class: "countdown" }),
      status: element("span", { class: "status" }),
      number: element("span", { class: "race-number" }),
      course: element("span", { class: "course" }),
      type: element("abbr", { class: "type" }),
      what: element("span"),
      runners: element("ol", { class: "runners" }),
      note: element("p", { class: "note" }),
      age: element("span", { class: "age" }),
      stale: element("strong", { class: "stale-mark" }),
    };
    const { parts } = this;
    this.link.append(parts.number, " ", parts.course);
    this.node = element(
      "li", { class: "card" },
      element("div", { class: "card-top" }, parts.countdown, parts.status),
      element("h3", {}, this.link),
      element("p", { class: "what" }, parts.type, " ", parts.what),
      parts.runners, parts.note,
      element("p", { class: "foot" }, parts.age, " ", parts.stale),
    );
    this.node.addEventListener("click", (event) => this.#openFrom(event));
    this.placed = []; // the first of its result, once told
    this.seen = new Map(); // entrant → the last move of its price
  }

  /** Show a new answer; *at* is the server's time. */
  update(race, at) {
    this.race = race;
    this.start = instant(race.off_time);
    this.polled = instant(race.last_polled_at);
    const { parts } = this;
    say(parts.number, race.race_number ? `R${race.race_number}` : "");
    say(parts.course, words(race.course));
    say(parts.type, typeMark(race.type));
    mark(parts.type, "title", typeName(race.type));
    const runners = race.runners_data.length > 0 ? count(race.runners, "runner") : "";
    const facts = [race.country, race.distance ? metres(race.distance) : "", runners, race.name];
    say(parts.what, facts.filter(Boolean).join(" · "));
    mark(parts.what, "title", race.name);
    say(parts.status, words(race.status));
    mark(parts.status, "data-tone", statusTone(race.status));
    mark(parts.countdown, "datetime", race.off_time);
    mark(parts.countdown, "title", bothTimes(this.start));
    say(parts.stale, race.stale ? "stale" : "");
    mark(parts.stale, "title", race.stale ? "the last good poll is longer ago than it should be" : null);
    mark(this.node, "data-stale", race.stale ? "yes" : null);
    this.#showRunners();
    this.tick(at);
  }

  /** Show the placed runners of a race that has a result. */
  place(results) {
    this.placed = results.results_data.slice(0, SHOWN_RUNNERS).map((row, at) => ({
      ...row,
      key: `placed ${at}`,
      number: row.runner_number,
      best_odds_decimal: results.fixed_odds_data[row.runner_number]?.fixed_win ?? null,
    }));
    this.#showRunners();
  }

  /** Move the countdown and the age to the server's time *at*. */
  tick(at) {
    const seconds = this.start === null ? Number.NaN : (this.start - at) / 1000;
    const settled = isOver(this.race.status); // what has started and is not over is counted up
    say(this.parts.countdown, settled ? hourAndMinute(this.start) : countdown(seconds));
    mark(this.parts.countdown, "data-near", !settled && seconds < 60 ? "now" : !settled && seconds < 300 ? "soon" : null);
    say(this.parts.age, asOf(this.polled, at));
  }

  /** A click beside the link, on a part with a hover text of its own, opens the race too. */
  #openFrom(event) {
    if (event.target.closest("a")) return;
    const { ctrlKey, metaKey, shiftKey } = event;
    this.link.dispatchEvent(new MouseEvent("click", { ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true }));
  }

  #showRunners() {
    const runners = this.race.runners_data.filter((runner) => !runner.is_scratched);
    const seen = new Map();
    for (const runner of runners) {
      seen.set(runner.entrant_id, moved(this.seen.get(runner.entrant_id), runner.best_odds_decimal, performance.now()));
    }
    this.seen = seen;
    const placed = this.placed;
    const isVoid = statusTone(this.race.status) === "void";
    const rows = isVoid ? [] : placed.length > 0 ? placed : runners.slice(0, SHOWN_RUNNERS);
    keyed(this.parts.runners, rows, {
      key: (row) => row.key ?? row.entrant_id,
      make: () => element("li", {}, ...RUNNER_PARTS.map((name) => element("span", { class: name }))),
      update: (node, row) => this.#showRunner(node, row),
    });
    say(this.parts.note, isVoid ? "not run" : rows.length === 0 ? "no runners known yet" : "");
  }

  #showRunner(node, row) {
    const [number, name, move, odds] = node.children;
    const seen = moveMark(row.position ? null : this.seen.get(row.entrant_id));
    mark(node, "class", row.is_favorite && !row.position ? "favourite" : null);
    mark(node, "data-move", seen.tone);
    say(number, row.position ? ordinal(row.position) : words(row.number));
    say(name, row.position && row.number ? `${row.number} ${words(row.name)}` : words(row.name));
    say(move, seen.arrow);
    say(odds, row.position && !row.best_odds_decimal ? "" : price(row.best_odds_decimal));
    mark(node, "title", seen.title || (row.is_favorite ? "favourite" : null));
  }
}

const ordinal = (position) => ({ 1: "1st", 2: "2nd", 3: "3rd" })[position] ?? `${position}th`;

export const raceLink = (raceId) => `/static/race.html?race_id=${encodeURIComponent(raceId)}`;
