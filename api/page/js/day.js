/* The board: races by stage, filtered, refreshed in place. */

import { clock, Follower, get, getIfAny, listen, STREAM, STREAM_AFTER_MS } from "./api.js";
import { Bar } from "./bar.js";
import { Card } from "./card.js";
import { element, keyed, mark, say } from "./dom.js";
import { count, instant, isOver, STAGES } from "./format.js";
import { bindKeys, keepOneStop } from "./keys.js";

const NEAR_MS = 5_000;
const FAR_MS = 15_000;
const SHOWN_AT_FIRST = { early_market: 8, finished: 8 };
const REMEMBERED = "raceday.filter";

const board = document.getElementById("board");
const stageSwitch = document.getElementById("stages");
const filter = document.getElementById("filter");
const cards = new Map(); // race id → Card
const columns = new Map(); // stage → its parts
const unfolded = new Set();
const asked = new Map(); // race id → the change up to which its result was asked for

function makeColumns() {
  for (const { id, name, short } of STAGES) {
    const total = element("span", { class: "total" });
    const list = element("ul", { class: "cards" });
    const none = element("p", { class: "none" }, "no race here now");
    const more = element("button", { type: "button", class: "more", hidden: true });
    more.addEventListener("click", () => {
      if (!unfolded.delete(id)) unfolded.add(id);
      show(follower.answer);
    });
    const heading = element("h2", {}, name, " ", total);
    columns.set(id, { list, none, more, total });
    board.append(element("section", { id: `stage-${id}`, class: "stage", "aria-label": name }, heading, list, none, more));
    const small = element("span", { class: "total" });
    columns.get(id).small = small;
    stageSwitch.append(element("a", { href: `#stage-${id}`, title: name }, small, short));
  }
}

/** On a narrow screen the switch tells which stage is in view. */
function watchStages() {
  const switches = new Map([...stageSwitch.children].map((link) => [link.hash.slice(1), link]));
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) {
        for (const [id, link] of switches) mark(link, "aria-current", id === target.id ? "true" : null);
      }
    },
    { rootMargin: "-80px 0px -75% 0px" },
  );
  for (const section of board.children) watch.observe(section);
}

/** Whether the viewer's filter lets a race through. */
function wanted(race) {
  const { country, type, text } = Object.fromEntries(new FormData(filter));
  const mark = String(race.type ?? "").charAt(0).toUpperCase();
  if ((country && race.country !== country) || (type && mark !== type)) return false;
  return `${race.course} ${race.name}`.toLowerCase().includes(text.trim().toLowerCase());
}

function show(answer) {
  if (!answer) return;
  const at = clock.now();
  const held = document.activeElement?.closest?.(".card")?.dataset.key;
  const present = new Set();
  let shown = 0;
  for (const { id } of STAGES) {
    const races = (answer.stages[id] ?? []).filter(wanted);
    for (const race of answer.stages[id] ?? []) present.add(race.race_id);
    shown += races.length;
    showColumn(id, races, at);
  }
  for (const id of cards.keys()) if (!present.has(id)) cards.delete(id);
  if (held && document.activeElement === document.body) cards.get(held)?.link.focus({ preventScroll: true });
  keepOneStop(board);
  say(document.getElementById("shown"), filterWords(shown, answer.total_races));
  mark(board, "data-state", "ready");
}

function showColumn(id, races, at) {
  const { list, none, more, total, small } = columns.get(id);
  const limit = SHOWN_AT_FIRST[id];
  const folded = limit !== undefined && !unfolded.has(id);
  keyed(list, folded ? races.slice(0, limit) : races, {
    key: (race) => race.race_id,
    make: (race) => {
      if (!cards.has(race.race_id)) cards.set(race.race_id, new Card(race));
      return cards.get(race.race_id).node;
    },
    update: (_, race) => cards.get(race.race_id).update(race, at),
  });
  say(total, String(races.length));
  say(small, String(races.length));
  none.hidden = races.length > 0;
  more.hidden = limit === undefined || races.length <= limit;
  say(more, folded ? `show all ${races.length}` : `show the first ${limit}`);
}

/** Ask for the results of the finished races in view, each once per change of the race, one after the other. */
async function showResults() {
  for (const [id, card] of cards) {
    const { status, last_updated: changed } = card.race;
    if (status !== "final" || !card.node.isConnected || asked.get(id) === changed) continue;
    asked.set(id, changed);
    try {
      const results = await getIfAny("/api/race-results", { race_id: id });
      if (results?.results_available) card.place(results);
    } catch {
      asked.delete(id); // the board's own next answer says that the server is away
      return;
    }
  }
}

const filterWords = (shown, total) => (shown === total ? count(total, "race") : `${shown} of ${count(total, "race")}`);

/** The race that starts next, over all stages. */
function nextRace(answer, at) {
  const ahead = STAGES.flatMap(({ id }) => answer.stages[id] ?? [])
    .filter((race) => instant(race.off_time) > at && !isOver(race.status))
    .sort((a, b) => instant(a.off_time) - instant(b.off_time));
  return ahead[0] ?? null;
}

/** Near a start the board is asked every 5 s, else every 15 s. */
function rhythm(answer) {
  const near = ["running", "at_post", "going_to_post"].some((stage) => answer.stages[stage]?.length > 0);
  return near && !streaming() ? NEAR_MS : FAR_MS;
}

function remember() {
  const { country, type } = Object.fromEntries(new FormData(filter));
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify({ country, type }));
  } catch {
    // Storage may be closed to us; the filter then lasts as long as the page.
  }
}

function recall() {
  try {
    const { country = "", type = "" } = JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
    for (const [name, value] of Object.entries({ country, type })) {
      const options = [...filter.elements[name]].filter((option) => option.value === value);
      for (const option of options) option.checked = true;
    }
  } catch {
    // Nothing remembered, or nothing that can be read: the filter starts empty.
  }
}

makeColumns();
watchStages();
recall();
const bar = new Bar();
let stream = null;
const streaming = () => stream?.readyState === EventSource.OPEN;
const follower = new Follower(() => get("/api/live-odds/races-by-stage"), {
  onAnswer: (answer) => {
    bar.answered();
    show(answer);
    tick();
    showResults();
  },
  onFailure: (error) => bar.failed(error),
  every: rhythm,
});
setTimeout(() => {
  stream = listen(STREAM, () => follower.refresh());
}, STREAM_AFTER_MS);

function tick() {
  const at = clock.now();
  for (const card of cards.values()) card.tick(at);
  if (follower.answer) bar.showNext(nextRace(follower.answer, at), at);
  bar.tick(at);
}

setInterval(tick, 1000);
filter.addEventListener("input", () => {
  remember();
  show(follower.answer);
});
filter.addEventListener("submit", (event) => event.preventDefault());
bindKeys({ board, search: filter.elements.text, refresh: () => follower.refresh() });
