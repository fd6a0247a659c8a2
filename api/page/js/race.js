/* One race: its clock, runners, pools, results. */

import { clock, Follower, get, getIfAny, listen, STREAM, STREAM_AFTER_MS } from "./api.js";
import { Bar } from "./bar.js";
import { element, keyed, mark, say } from "./dom.js";
import {
  asOf, bothTimes, count, countdown, dividend, hourAndMinute, instant, isOver, margin, metres, money, price,
  statusTone, timeOfDay, typeName, UNKNOWN, words,
} from "./format.js";
import { showRunners } from "./runners.js";

const NEAR_MS = 5_000;
const FAR_MS = 15_000;
const SETTLED_MS = 60_000;
const NEAR_THE_START_S = 1800;

const part = (id) => document.getElementById(id);
const raceId = new URLSearchParams(location.search).get("race_id") ?? "";
const POOLS = {
  win: "Win", place: "Place", quinella: "Quinella", trifecta: "Trifecta", exacta: "Exacta", first4: "First four",
};

async function load() {
  const id = encodeURIComponent(raceId);
  const [race, entrants, pools, results] = await Promise.all([
    get(`/api/races/${id}`),
    get("/api/entrants", { race_id: raceId }),
    getIfAny("/api/race-pools", { race_id: raceId }),
    getIfAny("/api/race-results", { race_id: raceId }),
  ]);
  return { race, entrants, pools, results };
}

function show({ race, entrants, pools, results }) {
  const start = instant(race.start_time);
  const heading = [race.meeting_name, `R${race.race_number}`, race.name].filter(Boolean).join(" · ");
  document.title = `${heading} · RaceDay`;
  say(part("title"), heading);
  const running = entrants.length > 0 ? count(entrants.filter((row) => !row.is_scratched).length, "runner") : null;
  const facts = [typeName(race.type), race.country, metres(race.distance), race.track_condition, race.weather];
  const market = race.market_percentage ? `market ${race.market_percentage}%` : null;
  say(part("race-facts"), [...facts, running, market].filter((fact) => fact && fact !== UNKNOWN).join(" · "));
  mark(part("countdown"), "title", bothTimes(start));
  mark(part("countdown"), "datetime", race.start_time);
  say(part("status"), words(race.status));
  mark(part("status"), "data-tone", statusTone(race.status));
  part("no-runners").hidden = entrants.length > 0;
  showAlarms(race, results);
  showRunners(part("runners"), entrants, Math.min(clock.now(), (start ?? clock.now()) + 300_000));
  showPools(pools);
  showResults(results, entrants);
  mark(part("sheet"), "data-state", "ready");
}

/** What a viewer must not overlook. */
function showAlarms(race, results) {
  const told = [];
  if (race.status === "abandoned") told.push("This race was abandoned.");
  if (results?.photo_finish) told.push("Photo finish.");
  if (results?.stewards_inquiry) told.push("Stewards' inquiry.");
  if (results?.protest_lodged) told.push(["Protest", results.protest_text].filter(Boolean).join(": "));
  say(part("alarm"), told.join(" "));
}

function showPools(pools) {
  const rows = Object.entries(POOLS).map(([key, name]) => [name, pools?.[`${key}_pool_total`]]);
  keyed(part("pools"), [...rows, ["All pools", pools?.total_race_pool]], {
    key: ([name]) => name,
    make: ([name]) => element("div", {}, element("dt", {}, name), element("dd")),
    update: (node, [, total]) => say(node.lastChild, money(total)),
  });
  const changed = instant(pools?.last_updated);
  const score = pools?.data_quality_score ?? 100;
  const quality = score < 100 ? ` · data quality ${score} of 100` : "";
  say(part("pools-age"), changed === null ? "no pools known yet" : `pools changed last at ${timeOfDay(changed)}${quality}`);
}

function showResults(results, entrants) {
  part("results").hidden = !results?.results_available;
  if (!results?.results_available) return;
  say(part("results-title"), results.result_status === "final" ? "Result" : "Result, interim");
  const byId = new Map(entrants.map((row) => [row.entrant_id, row]));
  keyed(part("placings"), results.results_data, {
    key: (row) => `${row.position} ${row.runner_number ?? row.entrant_id}`,
    make: () => cells("", "", "text", "", ""),
    update: (node, row) => fill(node, [
      row.position, words(row.runner_number), words(row.name), margin(row.margin), price(byId.get(row.entrant_id)?.fixed_win),
    ]),
  });
  keyed(part("dividends"), finalFirst(results.dividends_data), {
    key: (row) => `${row.product_name} ${runnersOf(row)} ${row.tote ?? ""} ${row.status}`,
    make: () => cells("text", "", "main", "text"),
    update: (node, row) => fill(node, [
      words(row.product_name).replace(/^Pool /, ""), runnersOf(row), dividend(row.dividend), words(row.status).toLowerCase(),
    ]),
  });
}

const cells = (...names) => element("tr", {}, ...names.map((name) => element("td", { class: name })));

const fill = (node, texts) => texts.forEach((text, at) => say(node.children[at], String(text)));

const runnersOf = (row) => (row.positions ?? []).map((place) => place.runner_number ?? "?").join("-") || words(row.description);

/** Final replaces Interim: an interim dividend is shown only where its product has no final one. */
function finalFirst(rows) {
  const settled = new Set(rows.filter((row) => /final/i.test(row.status ?? "")).map((row) => row.product_name));
  return rows.filter((row) => /final/i.test(row.status ?? "") || !settled.has(row.product_name));
}

function tick() {
  const at = clock.now();
  bar.tick(at);
  if (!follower.answer) return;
  const { race, entrants } = follower.answer;
  const start = instant(race.start_time);
  const seconds = start === null ? Number.NaN : (start - at) / 1000;
  say(part("countdown"), isOver(race.status) ? hourAndMinute(start) : countdown(seconds));
  mark(part("countdown"), "data-near", !isOver(race.status) && Math.abs(seconds) < 300 ? "soon" : null);
  const fresh = [race, ...entrants].find((row) => row.last_polled_at) ?? {};
  say(part("age"), asOf(instant(fresh.last_polled_at), at));
  say(part("stale"), fresh.stale ? "stale" : "");
  mark(part("sheet"), "data-stale", fresh.stale ? "yes" : null);
}

function rhythm({ race }) {
  if (isOver(race.status)) return SETTLED_MS;
  const away = Math.abs(instant(race.start_time) - clock.now()) / 1000;
  return away < NEAR_THE_START_S && stream?.readyState !== EventSource.OPEN ? NEAR_MS : FAR_MS;
}

let stream = null;
const bar = new Bar();
const follower = new Follower(load, {
  onAnswer: (answer) => {
    bar.answered();
    show(answer);
    tick();
  },
  onFailure: (error) => {
    bar.failed(error);
    if (error.status === 404 && !follower.answer) say(part("title"), "There is no such race");
    else if (!follower.answer) say(part("title"), "This race cannot be shown now");
  },
  every: rhythm,
});
setTimeout(() => {
  stream = listen(`${STREAM}?race_id=${encodeURIComponent(raceId)}`, () => follower.refresh());
}, STREAM_AFTER_MS);
setInterval(tick, 1000);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "r") follower.refresh();
  if (event.key === "Escape" || event.key === "b") location.assign("/");
});
