"""PURE tracker, pools, results and dividends of an event; a block that says nothing is None."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from shared.errors import PayloadError
from shared.models import Dividend, EntrantId, Money, Pool, ResultRow
from workers.upstream.event import WireDividend, WirePool, WireResult, WireTracker, WireTrackerRow
from workers.upstream.figures import cents, exact, words
from workers.upstream.parse_trends import parse_trends
from workers.upstream.wire import Faults

Row = TypeVar("Row")
MOST_PERCENT = 999


def parse_tracker(tracker: WireTracker | None, faults: Faults) -> dict[EntrantId, Money] | None:
    """Return hold and bet summed per id over its many rows; an id with an unknown figure is left out."""
    path = "data.money_tracker.entrants"
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    unknown: set[str] = set()
    for where, row in _rows(tracker.entrants if tracker else None, path, faults):
        figures = _percentages(row)
        if figures is None:
            faults.note(f"{where}.hold_percentage", "hold or bet is unknown: this id's sums are left out")
            unknown.add(row.entrant_id)
        else:
            hold, bet = sums.get(row.entrant_id, (Decimal(0), Decimal(0)))
            sums[row.entrant_id] = (hold + figures[0], bet + figures[1])
    money = {
        EntrantId(entrant): Money(_whole(hold), _whole(bet))
        for entrant, (hold, bet) in sums.items()
        if entrant not in unknown and _storable(entrant, hold, bet, faults)
    }
    return money or None


def _storable(entrant: str, hold: Decimal, bet: Decimal, faults: Faults) -> bool:
    """Whether the sums are percentages at all; those of a race stay near 100."""
    if max(hold, bet) < MOST_PERCENT:
        return True
    faults.note("data.money_tracker.entrants", f"the sums of {entrant[:40]} are no percentages")
    return False


def parse_pools(rows: list[WirePool | None] | None, faults: Faults) -> tuple[Pool, ...] | None:
    """Return every pool by its product's name; of two of one name the first is taken."""
    pools: dict[str, Pool] = {}
    for where, row in _rows(rows, "data.tote_pools", faults):
        if row.product_type in pools:
            faults.note(f"{where}.product_type", "this pool stands there twice: the first one is taken")
            continue
        if row.total is None:
            faults.note(f"{where}.total", "is null or missing")
        investments = _investments(row, where, faults)
        pools[row.product_type] = Pool(row.product_type, cents(row.total), words(row.status), investments)
    return tuple(pools.values()) or None


def parse_results(rows: list[WireResult | None] | None, faults: Faults) -> tuple[ResultRow, ...] | None:
    """Return the placings as listed; dead heats share a position."""
    results = tuple(
        ResultRow(
            position=row.position,
            runner_number=row.runner_number,
            entrant_id=EntrantId(row.entrant_id) if row.entrant_id else None,
            name=words(row.name),
            barrier=row.barrier,
            margin=exact(row.margin_length),
            positional_margin=words(row.positional_margin),
            winning_time=exact(row.winning_time or None),
            time_ran=exact(row.time_ran or None),
        )
        for _, row in _rows(rows, "data.results", faults)
    )
    return results or None


def parse_dividends(rows: list[WireDividend | None] | None, faults: Faults) -> tuple[Dividend, ...] | None:
    """Return interim and final rows side by side, as they come; a dividend of 0 stays 0."""
    dividends: dict[str, Dividend] = {}
    for where, row in _rows(rows, "data.dividends", faults):
        if row.id in dividends:
            faults.note(f"{where}.id", "this dividend stands there twice: the first one is taken")
            continue
        dividends[row.id] = Dividend(
            dividend_id=row.id,
            tote=words(row.tote),
            product_name=row.product_name,
            status=words(row.status),
            dividend=exact(row.dividend),
            pool_size_cents=cents(row.pool_size),
            jackpot_size_cents=cents(row.jackpot_size),
            positions=_positions(row, where, faults),
            description=words(row.description),
        )
    return tuple(dividends.values()) or None


def _rows(rows: list[Row | None] | None, path: str, faults: Faults) -> Iterator[tuple[str, Row]]:
    for at, row in enumerate(rows or ()):
        if row is None:
            faults.note_hole(f"{path}[{at}]")
        else:
            yield f"{path}[{at}]", row


def _percentages(row: WireTrackerRow) -> tuple[Decimal, Decimal] | None:
    hold, bet = exact(row.hold_percentage), exact(row.bet_percentage)
    return None if hold is None or bet is None else (hold, bet)


def _whole(percentage: Decimal) -> int:
    return int(percentage.to_integral_value(ROUND_HALF_UP))


def _investments(row: WirePool, where: str, faults: Faults) -> dict[int, int] | None:
    """Only Win's trends say what a runner's share is; the exotics' are left unread."""
    xml = row.tote_trends.tote_trends_data if row.tote_trends and row.product_type == "Win" else None
    if not xml:
        return None
    try:
        return parse_trends(xml)
    except PayloadError as error:
        faults.note(f"{where}.tote_trends.tote_trends_data", str(error))
        return None


def _positions(row: WireDividend, where: str, faults: Faults) -> tuple[tuple[int, int], ...] | None:
    """Return the pairs, or None where one was refused: with a hole it would be another combination."""
    if row.positions is None:
        return None
    pairs = tuple((pair.runner_number, pair.position) for _, pair in _rows(row.positions, f"{where}.positions", faults))
    return pairs if len(pairs) == len(row.positions) else None
