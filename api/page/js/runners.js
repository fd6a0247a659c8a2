/* The table of a race's runners: one row each, updated in place. */

import { element, keyed, mark, say } from "./dom.js";
import { priceSeries, redraw, seriesWords, shareBar, sparkline, widen } from "./draw.js";
import { money, moved, moveMark, percent, price, words } from "./format.js";

const PRICES = ["fixed_win", "fixed_place", "pool_win", "pool_place"];
const SPARK = { width: 110, height: 26 };
const seen = new Map(); // entrant and kind → the last move of its price

/** Show the runners by number; *to* is the right end of the sparklines in the server's time. */
export function showRunners(body, entrants, to) {
  const rows = [...entrants].sort((a, b) => a.runner_number - b.runner_number);
  const histories = rows.map((row) => priceSeries(row.odds_history, "fixed_win"));
  const from = Math.min(to - 120_000, ...histories.flatMap((points) => points.map((point) => point.at)));
  const favourite = favouriteOf(rows);
  keyed(body, rows.map((row, at) => ({ row, points: histories[at] })), {
    key: ({ row }) => row.entrant_id,
    make: makeRow,
    update: (node, { row, points }) => {
      showRow(node, row, row.entrant_id === favourite);
      redraw(node.querySelector(".spark"), points, { from, to, label: seriesWords(points) });
    },
  });
}

/** The live runner with the shortest price, where one is known. */
function favouriteOf(rows) {
  const priced = rows.filter((row) => !row.is_scratched && row.fixed_win > 0);
  return priced.sort((a, b) => a.fixed_win - b.fixed_win)[0]?.entrant_id ?? null;
}

function makeRow() {
  const cell = (name, ...children) => element("td", { class: name }, ...children);
  const [fullName, sub] = [element("span", { class: "name" }), element("span", { class: "sub" })];
  const name = element("th", { scope: "row", class: "text" }, fullName, sub);
  const jockey = cell("text", element("span"), element("span", { class: "sub" }));
  const share = cell("tote-share", element("span"), shareBar());
  return element(
    "tr", {},
    cell("number"), name, jockey, cell("barrier"),
    ...PRICES.map((kind) => cell(kind)),
    cell("hold"), cell("bets"), cell("amount"), share,
    cell("text history", sparkline(SPARK.width, SPARK.height)),
  );
}

function showRow(node, row, isFavourite) {
  const [number, name, jockey, barrier, ...rest] = node.children;
  const prices = rest.slice(0, PRICES.length);
  const [hold, bets, amount, share] = rest.slice(PRICES.length);
  mark(node, "class", row.is_scratched ? "scratched" : isFavourite ? "favourite" : null);
  say(number, words(row.runner_number));
  say(name.children[0], words(row.name));
  const scratched = row.is_late_scratched ? "scratched late" : "scratched";
  say(name.children[1], row.is_scratched ? scratched : row.silk_colours ?? "");
  mark(name.children[1], "title", row.silk_colours);
  say(jockey.children[0], words(row.jockey));
  say(jockey.children[1], row.trainer_name ?? "");
  say(barrier, words(row.barrier_position ?? row.barrier));
  PRICES.forEach((kind, at) => showPrice(prices[at], row, kind));
  say(hold, percent(row.hold_percentage));
  say(bets, percent(row.bet_percentage));
  say(amount, money(row.win_pool_amount));
  const known = typeof row.tote_share === "number";
  say(share.children[0], percent(known ? row.tote_share * 100 : null));
  widen(share.children[1], known ? row.tote_share : 0);
}

function showPrice(node, row, kind) {
  const key = `${row.entrant_id} ${kind}`;
  seen.set(key, moved(seen.get(key), row[kind], performance.now()));
  const { arrow, tone, title } = moveMark(seen.get(key));
  say(node, `${arrow ? `${arrow} ` : ""}${price(row[kind])}`);
  mark(node, "data-move", tone);
  mark(node, "title", title);
}
