/* PURE values → words: times, countdowns, prices, money, movement. Unknown is always "–", never 0. */

export const UNKNOWN = "–";
const NZ = "Pacific/Auckland";
const DAY_STARTS_HOUR = 5; // the racing day runs 05:00 to 05:00 in New Zealand

/** The stages of the board: soonest first, what is over last. */
export const STAGES = [
  { id: "running", name: "Running", short: "Run" },
  { id: "at_post", name: "At post", short: "Post" },
  { id: "going_to_post", name: "Going to post", short: "Going" },
  { id: "pre_race", name: "Pre-race", short: "Pre" },
  { id: "early_market", name: "Early market", short: "Early" },
  { id: "finished", name: "Finished", short: "Done" },
];

const TERMINAL = new Set(["final", "abandoned", "cancelled"]);

const minutes = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const seconds = { ...minutes, second: "2-digit" };
const clockTime = new Intl.DateTimeFormat("en-NZ", seconds);
const dayTime = new Intl.DateTimeFormat("en-NZ", { ...minutes, weekday: "short" });
const shortTime = new Intl.DateTimeFormat("en-NZ", minutes);
const nzTime = new Intl.DateTimeFormat("en-NZ", { ...seconds, timeZone: NZ, weekday: "short", timeZoneName: "short" });
const nzHour = new Intl.DateTimeFormat("en-NZ", { timeZone: NZ, hour: "2-digit", hourCycle: "h23" });
const nzDay = new Intl.DateTimeFormat("en-NZ", { timeZone: NZ, weekday: "short", day: "numeric", month: "short" });

const known = (value) => typeof value === "number" && Number.isFinite(value);

/** ISO text → milliseconds, or null. */
export function instant(text) {
  const at = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** "14:02:11" in the viewer's zone. */
export const timeOfDay = (at) => (at === null ? UNKNOWN : clockTime.format(at));

/** "14:02" in the viewer's zone. */
export const hourAndMinute = (at) => (at === null ? UNKNOWN : shortTime.format(at));

/** "Sun 14:02" in the viewer's zone. */
export const dayAndTime = (at) => (at === null ? UNKNOWN : dayTime.format(at).replace(",", ""));

/** The hover text of an instant: the viewer's time, and New Zealand's. */
export const bothTimes = (at) =>
  at === null ? "start time unknown" : `${clockTime.format(at)} your time · ${nzTime.format(at)} in New Zealand`;

/** The NZ racing day an instant belongs to, "Sun, 22 Nov". */
export function racingDay(at) {
  const before = Number(nzHour.format(at)) < DAY_STARTS_HOUR;
  return nzDay.format(before ? at - DAY_STARTS_HOUR * 3600_000 : at);
}

/** A date of the API, "2026-11-22" → "Sun, 22 Nov". */
export function dayOf(date) {
  const at = instant(`${date}T12:00:00+12:00`);
  return at === null ? UNKNOWN : nzDay.format(at);
}

/** Seconds to the start → "04:31", "2 h 05 m", and "+01:12" once it has passed. */
export function countdown(toStart) {
  if (!known(toStart)) return UNKNOWN;
  const whole = toStart >= 0 ? Math.ceil(toStart) : Math.floor(-toStart);
  const sign = toStart < 0 && whole > 0 ? "+" : "";
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (whole >= 3600) return `${sign}${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} m`;
  return `${sign}${two(whole / 60)}:${two(whole % 60)}`;
}

/** Seconds → "4 s", "3 min", "2 h": how long something is old or will take. */
export function duration(lasting) {
  if (!known(lasting)) return UNKNOWN;
  const whole = Math.max(0, Math.round(lasting));
  if (whole < 100) return `${whole} s`;
  if (whole < 100 * 60) return `${Math.round(whole / 60)} min`;
  return whole < 48 * 3600 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86400)} days`;
}

/** "as of 14:02:11, 4 s ago". */
export const asOf = (at, now) =>
  at === null ? "not polled yet" : `as of ${timeOfDay(at)}, ${duration((now - at) / 1000)} ago`;

/** A price with two decimals; large ones need none. */
export function price(value) {
  if (!known(value) || value <= 0) return UNKNOWN;
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** A share or percentage, 12.7 → "12.7%", 16 → "16%". */
export const percent = (value) => (known(value) ? `${Number(value.toFixed(1))}%` : UNKNOWN);

const dollars = new Intl.NumberFormat("en-NZ", { maximumFractionDigits: 0 });
const exactDollars = new Intl.NumberFormat("en-NZ", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Integer cents → "$9,151"; *exact* keeps the cents. */
export function money(cents, exact = false) {
  if (!known(cents)) return UNKNOWN;
  return `$${(exact ? exactDollars : dollars).format(cents / 100)}`;
}

/** Dollars of a dividend → "$3.70". */
export const dividend = (value) => (known(value) ? `$${exactDollars.format(value)}` : UNKNOWN);

export const metres = (value) => (known(value) && value > 0 ? `${value} m` : UNKNOWN);

/** A lateness: "84 ms", "1.5 s". */
export function milliseconds(value) {
  if (!known(value)) return UNKNOWN;
  return value < 1000 ? `${value} ms` : `${(value / 1000).toFixed(1)} s`;
}

export const words = (value) => (value === null || value === undefined || value === "" ? UNKNOWN : String(value));
export const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** "thoroughbred" → T, "harness" → H. */
export const typeMark = (type) => (type ? String(type).charAt(0).toUpperCase() : "?");
export const typeName = (type) => ({ T: "Thoroughbred", H: "Harness" })[typeMark(type)] ?? words(type);

/** A winning margin in lengths. */
export const margin = (value) => (known(value) ? (value === 0 ? "" : `${Number(value.toFixed(2))} L`) : "");

export const isOver = (status) => TERMINAL.has(status);

/** What a status means for the eye: live, waiting, settled or void. */
export function statusTone(status) {
  if (status === "open" || status === "live") return "live";
  if (status === "abandoned" || status === "cancelled") return "void";
  return status === "final" ? "settled" : "waiting";
}

const MARKED_FOR_MS = 45_000;

/** The last move of a price: *seen* is {price, from, at} of the refresh before, or undefined; *at* in real ms. */
export function moved(seen, value, at) {
  if (!known(value)) return { price: null, from: null, at };
  if (!seen || seen.price === null) return { price: value, from: null, at };
  if (seen.price !== value) return { price: value, from: seen.price, at };
  return seen.from !== null && at - seen.at > MARKED_FOR_MS ? { ...seen, from: null } : seen;
}

/** Words, arrow and tone for a move; none where nothing moved. */
export function moveMark(seen) {
  if (!seen || seen.from === null || seen.price === null) return { arrow: "", tone: "", title: "" };
  const shorter = seen.price < seen.from;
  return {
    arrow: shorter ? "▼" : "▲",
    tone: shorter ? "shortened" : "drifted",
    title: `${shorter ? "shortened" : "drifted"} from ${price(seen.from)}`,
  };
}
