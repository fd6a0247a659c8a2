"""Draws pools, odds and shares of three simulated races over time: `python -m bench.plot_races [FILE]`."""

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from local.tab.event_json import Asked, event
from local.tab.market import insider_runners
from local.tab.race_day import RacePlan, Recipe, plan_day
from local.tab.story import tell

DAY, RECIPE = date(2026, 11, 21), Recipe(seed=1, meetings=12, around_the_clock=False)
RACES = (("Wanganui", 4), ("Matamata", 4), ("Belmont", 7))
OUT = Path(__file__).parents[1] / "docs" / "simulated-races.svg"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
FROM_S, TO_S, STEP_S = -3600, 480, 15
WIDTH, HEIGHT, LEFT, TOP, GAP_X, GAP_Y = 400, 190, 62, 86, 84, 46

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A curve: points in minutes to the start and a value; None breaks it."""

    label: str
    colour: str
    points: list[tuple[float, float | None]]
    dashed: bool = False
    strong: bool = True


@dataclass(frozen=True)
class Panel:
    """One of the nine pictures."""

    title: str
    lines: list[Line]
    unit: Callable[[float], str]
    logarithmic: bool = False


def main() -> None:
    """Write the picture."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    columns = [_column(_race(track, number)) for track, number in RACES]
    parts = [_text(20, 26, "Three simulated races: pools, prices and shares in the last hour", size=17, bold=True)]
    parts.append(
        _text(
            20,
            46,
            "seed 1, 2026-11-21; minutes to the programmed start; the five runners with most money in colour",
            12,
        )
    )
    for x, (title, panels) in enumerate(columns):
        left = LEFT + x * (WIDTH + GAP_X)
        parts.append(_text(left, TOP - 16, title, size=13, bold=True))
        for y, panel in enumerate(panels):
            parts += _panel(panel, left, TOP + 14 + y * (HEIGHT + GAP_Y))
    width, height = LEFT + 3 * (WIDTH + GAP_X), TOP + 14 + 4 * (HEIGHT + GAP_Y)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    out.write_text("\n".join([head, f'<rect width="{width}" height="{height}" fill="white"/>', *parts, "</svg>\n"]))
    print(out)


def _race(track: str, number: int) -> RacePlan:
    races = plan_day(RECIPE, DAY).races
    return next(race for race in races if race.meeting.track.name == track and race.number == number)


def _column(race: RacePlan) -> tuple[str, list[Panel]]:
    story = tell(race)
    seen: list[tuple[float, dict[str, Any]]] = []
    for second in range(FROM_S, TO_S + 1, STEP_S):
        at = datetime.fromtimestamp(race.start + second, UTC)
        seen.append((second / 60, event(RECIPE, race.race_id, at, Asked(money_tracker=True))))
    last_open = [data for minute, data in seen if data["race"]["status"] == "Open"][-1]
    runners = sorted(
        (runner for runner in last_open["runners"] if not runner["is_scratched"]),
        key=lambda runner: runner["odds"].get("pool_win", math.inf),
    )
    insiders = {runner.number for runner in insider_runners(race)}
    shown = runners[:5] + [runner for runner in runners[5:] if runner["runner_number"] in insiders]
    lines: dict[str, list[Line]] = {"tote": [], "fixed": [], "share": [], "hold": []}
    for runner in runners:
        strong = runner in shown
        colour = COLOURS[shown.index(runner) % len(COLOURS)] if strong else "#c8c8c8"
        label = f"#{runner['runner_number']}" + ("*" if runner["runner_number"] in insiders else "") if strong else ""
        key = runner["entrant_id"]
        lines["tote"].append(Line(label, colour, [(m, _odds(d, key, "pool_win")) for m, d in seen], strong=strong))
        lines["fixed"].append(
            Line("", colour, [(m, _odds(d, key, "fixed_win")) for m, d in seen], dashed=True, strong=strong)
        )
        lines["share"].append(Line(label, colour, [(m, _share(d, key)) for m, d in seen], strong=strong))
        lines["hold"].append(Line(label, colour, [(m, _hold(d, key)) for m, d in seen], strong=strong))
    pools = [
        Line(name, colour, [(m, _pool(d, name)) for m, d in seen])
        for name, colour in zip(("Win", "Place", "Quinella", "Trifecta"), COLOURS, strict=False)
    ]
    moved = "" if story.moved_at is None else f", start moved by {(story.advertised - story.programmed) // 60} min"
    told = f", {len(insiders)} with insiders (*)" if insiders else ", no insiders"
    ends = f"{race.meeting.track.name} race {race.number}, {race.size} runners{told}{moved}"
    return ends, [
        Panel("pools, dollars", pools, lambda value: f"{value / 1000:g}k"),
        Panel(
            "win price: tote (line), fixed (dashed)",
            lines["fixed"] + lines["tote"],
            "{:g}".format,
            logarithmic=True,
        ),
        Panel("share of the win pool by the tote's prices, %", lines["share"], "{:g}".format),
        Panel("tracker: sum of hold %", lines["hold"], "{:g}".format),
    ]


def _runner(data: dict[str, Any], key: str) -> dict[str, Any]:
    return next(runner for runner in data["runners"] if runner["entrant_id"] == key)


def _odds(data: dict[str, Any], key: str, kind: str) -> float | None:
    runner = _runner(data, key)
    return None if runner["is_scratched"] else runner["odds"].get(kind) or None


def _share(data: dict[str, Any], key: str) -> float | None:
    prices = {r["entrant_id"]: r["odds"].get("pool_win") for r in data["runners"] if not r["is_scratched"]}
    if key not in prices or any(not price for price in prices.values()):
        return None
    return float(100 / prices[key] / sum(1 / price for price in prices.values()))


def _hold(data: dict[str, Any], key: str) -> float | None:
    tracker = data.get("money_tracker")
    if not tracker:
        return None
    sums: Counter[str] = Counter()
    for row in tracker["entrants"]:
        sums[row["entrant_id"]] += row["hold_percentage"]
    return sums[key]


def _pool(data: dict[str, Any], name: str) -> float | None:
    return next((pool["total"] for pool in data.get("tote_pools") or [] if pool["product_type"] == name), None)


def _panel(panel: Panel, left: float, top: float) -> list[str]:
    values = [value for line in panel.lines for _, value in line.points if value is not None]
    if panel.logarithmic:
        low, high = math.log(min(values) * 0.9), math.log(min(max(values), 101) * 1.1)
    else:
        low, high = 0.0, max(values) * 1.06

    def place(minute: float, value: float) -> Point:
        scaled = math.log(min(value, 101)) if panel.logarithmic else value
        x = left + (minute * 60 - FROM_S) / (TO_S - FROM_S) * WIDTH
        return x, top + HEIGHT - (scaled - low) / (high - low) * HEIGHT

    parts = [_text(left, top - 6, panel.title, 12)]
    for tick in _ticks(panel, low, high):
        _, y = place(0, tick)
        parts.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#e6e6e6"/>')
        parts.append(_text(left - 6, y + 4, panel.unit(tick), 10, anchor="end"))
    for minute in range(-60, 9, 10):
        x, _ = place(minute, math.exp(low) if panel.logarithmic else low)
        mark = "#888" if minute == 0 else "#f0f0f0"
        parts.append(f'<path d="M{x:.1f} {top}v{HEIGHT}" stroke="{mark}"/>')
        parts.append(_text(x, top + HEIGHT + 14, f"{minute}", 10, anchor="middle"))
    for line in sorted(panel.lines, key=lambda line: line.strong):
        parts += _curve(line, place)
    return parts + _labels(panel.lines, place)


def _ticks(panel: Panel, low: float, high: float) -> Iterable[float]:
    if panel.logarithmic:
        return [tick for tick in (1.5, 2, 3, 5, 10, 20, 50, 100) if low <= math.log(tick) <= high]
    rough = high / 4
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(magnitude * nice for nice in (1, 2, 2.5, 5, 10) if magnitude * nice >= rough)
    return [step * n for n in range(int(high / step) + 1)]


def _curve(line: Line, place: Callable[[float, float], Point]) -> list[str]:
    pieces: list[list[Point]] = [[]]
    for minute, value in line.points:
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(place(minute, value))
    dash = ' stroke-dasharray="3 3" opacity="0.75"' if line.dashed else ""
    width = 1.6 if line.strong and not line.dashed else 1
    return [
        f'<polyline fill="none" stroke="{line.colour}" stroke-width="{width}"{dash} points="'
        + " ".join(f"{x:.0f},{y:.1f}" for x, y in _corners(piece))
        + '"/>'
        for piece in pieces
        if piece
    ]


def _corners(points: list[Point]) -> list[Point]:
    """Leave out points amid a level stretch."""
    inner = zip(points, points[1:], points[2:], strict=False)
    return [points[0], *(b for a, b, c in inner if not a[1] == b[1] == c[1]), *points[1:][-1:]]


def _labels(lines: list[Line], place: Callable[[float, float], Point]) -> list[str]:
    """Name the lines at their right ends, moved apart where they would overlap."""
    ends = []
    for line in lines:
        known = [(minute, value) for minute, value in line.points if value is not None]
        if line.label and known:
            x, y = place(*known[-1])
            ends.append((y, x, line.label, line.colour))
    parts, floor = [], float("-inf")
    for y, x, label, colour in sorted(ends):
        floor = max(y, floor + 11)
        parts.append(_text(x + 4, floor + 4, label, 11, colour=colour))
    return parts


def _text(
    x: float, y: float, text: str, size: int = 12, *, anchor: str = "start", colour: str = "#333", bold: bool = False
) -> str:
    look = f'font-size="{size}" text-anchor="{anchor}" fill="{colour}"' + (' font-weight="bold"' if bold else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'


if __name__ == "__main__":
    main()
