/* PURE points → the path of a sparkline; and the SVG element it is drawn in. */

const SVG = "http://www.w3.org/2000/svg";

/** Points {at, value}, oldest first, null for withdrawn → a path over [from, to]: a price stands until it changes. */
export function stepPath(points, { width, height, from, to, pad = 2 }) {
  const drawn = points.filter((point) => point.at <= to);
  const values = drawn.map((point) => point.value).filter((value) => value !== null);
  if (values.length === 0 || to <= from) return { path: "", end: null };
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at) => round(pad + ((Math.max(from, at) - from) / (to - from)) * (width - 2 * pad));
  const y = (value) => round(high === low ? height / 2 : pad + ((high - value) / (high - low)) * (height - 2 * pad));
  let path = "";
  let last = null;
  for (const { at, value } of drawn) {
    if (last !== null) path += `H${x(at)}`;
    if (value !== null) path += last === null ? `M${x(at)} ${y(value)}` : `V${y(value)}`;
    last = value;
  }
  if (last === null) return { path, end: null };
  return { path: `${path}H${x(to)}`, end: { x: x(to), y: y(last) } };
}

const round = (number) => Math.round(number * 10) / 10;

/** The history of one kind of price of a runner, as points, oldest first; what has no time is left out. */
export function priceSeries(history, kind) {
  return (history ?? [])
    .filter((entry) => entry.type === kind)
    .map((entry) => ({ at: Date.parse(entry.timestamp), value: typeof entry.odds === "number" ? entry.odds : null }))
    .filter((point) => !Number.isNaN(point.at))
    .sort((a, b) => a.at - b.at);
}

/** "from 4.50 over 3.80 to 3.20": what a sparkline says, in words. */
export function seriesWords(points) {
  const values = points.filter((point) => point.value !== null).map((point) => point.value);
  if (values.length === 0) return "no price history";
  const [first, last] = [values[0], values[values.length - 1]];
  if (values.length === 1) return `${first.toFixed(2)}, unchanged`;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `from ${first.toFixed(2)} to ${last.toFixed(2)}, low ${low.toFixed(2)}, high ${high.toFixed(2)}`;
}

/** An empty sparkline, to be filled by `redraw`. */
export function sparkline(width, height) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("class", "spark");
  svg.setAttribute("role", "img");
  const path = svg.appendChild(document.createElementNS(SVG, "path"));
  path.setAttribute("class", "spark-line");
  const dot = svg.appendChild(document.createElementNS(SVG, "circle"));
  dot.setAttribute("r", "2");
  return svg;
}

/** Draw *points* between two instants into a sparkline made before. */
export function redraw(svg, points, { from, to, label }) {
  const { width, height } = svg.viewBox.baseVal;
  const { path, end } = stepPath(points, { width, height, from, to });
  const [line, dot] = svg.children;
  line.setAttribute("d", path);
  dot.setAttribute("class", end ? "spark-end" : "spark-end none");
  if (end) {
    dot.setAttribute("cx", end.x);
    dot.setAttribute("cy", end.y);
  }
  svg.setAttribute("aria-label", label);
}

/** A bar for a share of the whole, 0 to 1, to be set by `widen`. */
export function shareBar() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 10");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "share");
  svg.setAttribute("aria-hidden", "true");
  for (const width of ["100", "0"]) {
    const rect = svg.appendChild(document.createElementNS(SVG, "rect"));
    rect.setAttribute("height", "10");
    rect.setAttribute("width", width);
  }
  return svg;
}

export function widen(svg, share) {
  svg.children[1].setAttribute("width", String(Math.max(0, Math.min(1, share)) * 100));
}
