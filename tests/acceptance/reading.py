"""PURE one served event body → the facts that the specification speaks of (DOMAIN §1), for the oracle only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from xml.etree import ElementTree as ET

KINDS = ("fixed_win", "fixed_place", "pool_win", "pool_place")
ALIASES = {"finalized": "final", "finalised": "final", "official": "final", "canceled": "cancelled"}
TERMINAL = frozenset({"final", "abandoned", "cancelled"})
SIX = {
    "win": "win", "place": "place", "quinella": "quinella", "trifecta": "trifecta", "exacta": "exacta",
    "first 4": "first4", "firstfour": "first4", "first four": "first4", "first4": "first4",
}  # fmt: skip
POOLS = ("win", "place", "quinella", "trifecta", "exacta", "first4")
KNOWN_EXOTICS = frozenset({"earlyquadrella", "quadrella", "double", "runningdouble", "treble"})


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner; *prices* holds the kinds that the answer spoke of, *live* ones only count for shares."""

    entrant_id: str
    number: int
    name: str
    scratched: bool
    scratch_time: datetime | None
    prices: dict[str, Decimal | None]
    fluctuations: frozenset[tuple[datetime, Decimal]]
    plain: dict[str, object]


@dataclass(frozen=True, slots=True)
class Facts:
    """An answer's facts; a block that it lacks (or that is null or empty) is None and overwrites nothing."""

    status: str
    start: datetime
    actual_start: datetime | None
    runners: dict[str, Runner]
    money: dict[str, tuple[int, int]] | None
    pools: dict[str, int | None] | None
    other_pools: tuple[tuple[str, int | None], ...]
    investments: dict[int, Decimal] | None
    results: tuple[tuple[object, ...], ...] | None
    dividends: tuple[tuple[object, ...], ...] | None
    protest: bool
    protest_text: str | None
    plain: dict[str, object]


def number(value: object) -> Decimal | None:
    """Return a finite number, given as a number or as text, or None."""
    if value is None or isinstance(value, bool):
        return None
    try:
        read = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def rounded(value: Decimal | None, places: int = 2) -> Decimal | None:
    """Round half up to *places*."""
    return None if value is None else value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def cents(dollars: object) -> int | None:
    """Dollars → whole cents, half up."""
    amount = number(dollars)
    return None if amount is None or amount < 0 else int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def instant(epoch: object) -> datetime | None:
    """Epoch seconds → an aware instant; 0 and nonsense are None."""
    seconds = number(epoch)
    return None if not seconds or seconds < 0 else datetime.fromtimestamp(int(seconds), UTC)


def text(value: object) -> str | None:
    """Return stripped text, or None for empty text and everything else."""
    return value.strip() or None if isinstance(value, str) else None


def status_of(value: object) -> str:
    """Lower-case, aliases mapped, unknown words kept."""
    word = (text(value) or "").lower()
    return ALIASES.get(word, word)


def read(event: dict) -> Facts:
    """Read the body `{header, params, data}` of a sound answer."""
    data = event["data"]
    race = data["race"]
    start = instant(race["advertised_start"])
    if start is None:
        raise ValueError("a served body without an advertised start")
    pools = data.get("tote_pools") or None
    return Facts(
        status=status_of(race.get("status")),
        start=start,
        actual_start=instant(race.get("actual_start")),
        runners=_runners(data.get("runners") or data.get("entrants") or []),
        money=_money(data.get("money_tracker")),
        pools=None if pools is None else _six(pools),
        other_pools=() if pools is None else tuple(sorted(_others(pools), key=repr)),
        investments=_investments(pools or []),
        results=_results(data.get("results")),
        dividends=_dividends(data.get("dividends")),
        protest=bool(race.get("protest")),
        protest_text=text(race.get("protest_reason")),
        plain={
            "name": text(race.get("description")), "race_number": race.get("race_number"),
            "distance": race.get("distance") or None, "track_condition": text(race.get("track_condition")),
            "weather": text(race.get("weather")), "track_direction": text(race.get("track_direction")),
            "track_surface": text(race.get("track_surface")), "rail_position": text(race.get("rail_position")),
            "race_class": text(race.get("class")), "positions_paid": race.get("positions_paid") or None,
        },
    )  # fmt: skip


def _runners(rows: Iterable[dict]) -> dict[str, Runner]:
    runners: dict[str, Runner] = {}
    for row in rows:
        identifier = text(row.get("entrant_id"))
        if identifier is None or row.get("runner_number") is None or identifier in runners:
            continue  # without an id it is refused; an id that occurs twice is taken once, the first time
        gone_at = instant(row.get("scratch_time"))
        runners[identifier] = Runner(
            identifier,
            int(row["runner_number"]),
            text(row.get("name")) or "",
            bool(row.get("is_scratched") or row.get("is_late_scratched") or gone_at),
            gone_at,
            _prices(row.get("odds")),
            _fluctuations(row.get("flucs_with_timestamp")),
            {
                "barrier": row.get("barrier") or None, "barrier_position": text(row.get("barrier_position")),
                "jockey": text(row.get("jockey")), "trainer_name": text(row.get("trainer_name")),
                "silk_colours": text(row.get("silk_colours")), "horse_id": row.get("horse_id") or None,
                "favourite": bool(row.get("favourite")), "mover": bool(row.get("mover")),
            },
        )  # fmt: skip
    return runners


def _prices(odds: object) -> dict[str, Decimal | None]:
    """Nothing for an absent block; in a block that is there an absent key, null and 0 are null now."""
    if not isinstance(odds, dict):
        return {}
    prices: dict[str, Decimal | None] = {}
    for kind in KINDS:
        given = odds.get(kind)
        price = number(given)
        if given is None or price == 0:
            prices[kind] = None
        elif price is not None and price > 0:
            prices[kind] = rounded(price)
    return prices  # negative, NaN and the like are refused: as if the answer had not spoken of them


def _fluctuations(block: object) -> frozenset[tuple[datetime, Decimal]]:
    if not isinstance(block, dict):
        return frozenset()
    rows = list(block.get("last_six") or []) + [block.get(k) for k in ("open", "high", "low", "nine_am")]
    read_rows = set()
    for row in rows:
        price = number(row.get("fluc")) if isinstance(row, dict) else None
        if price and not str(row.get("timestamp")).startswith("0001-"):
            whole, _, fraction = str(row["timestamp"]).removesuffix("Z").partition(".")
            at = datetime.fromisoformat(whole).replace(tzinfo=UTC, microsecond=int((fraction + "000000")[:6]))
            read_rows.add((at, rounded(price)))
    return frozenset(read_rows)


def _money(tracker: object) -> dict[str, tuple[int, int]] | None:
    rows = tracker.get("entrants") if isinstance(tracker, dict) else None
    if not rows:
        return None
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        hold, bet = sums.get(row["entrant_id"], (0, 0))
        sums[row["entrant_id"]] = (hold + int(row["hold_percentage"]), bet + int(row["bet_percentage"]))
    return sums


def _six(rows: Iterable[dict]) -> dict[str, int | None]:
    return {SIX[name]: cents(row.get("total")) for row in rows if (name := str(row.get("product_type")).lower()) in SIX}


def _others(rows: Iterable[dict]) -> Iterable[tuple[str, int | None]]:
    return (
        (row["product_type"], cents(row.get("total"))) for row in rows if str(row["product_type"]).lower() not in SIX
    )


def _investments(rows: Iterable[dict]) -> dict[int, Decimal] | None:
    """Win investments in cents by runner number, from the tote trends of the Win pool."""
    for row in rows:
        trends = row.get("tote_trends")
        xml = trends.get("tote_trends_data") if isinstance(trends, dict) else None
        if str(row.get("product_type")).lower() == "win" and xml:
            found = {}
            for runner in ET.fromstring(xml).iter("runner"):  # noqa: S314  our own simulated upstream wrote it
                amount = number(runner.findtext("runner_investment1") or runner.findtext("runner_investment"))
                if amount is not None:
                    found[int(runner.attrib["runner_number"])] = amount * 100
            return found or None
    return None


def _results(rows: object) -> tuple[tuple[object, ...], ...] | None:
    if not isinstance(rows, list) or not rows:
        return None
    read_rows = [
        (
            row["position"], row.get("runner_number"), text(row.get("entrant_id")), text(row.get("name")),
            row.get("barrier") or None, number(row.get("margin_length")), text(row.get("positional_margin")),
            number(row.get("winning_time")) or None, number(row.get("time_ran")) or None,
        )
        for row in rows
    ]  # fmt: skip
    return tuple(sorted(read_rows, key=repr))


def _placed(rows: object) -> tuple[tuple[object, object], ...] | None:
    return tuple((row["runner_number"], row["position"]) for row in rows) if isinstance(rows, list) else None


def _dividends(rows: object) -> tuple[tuple[object, ...], ...] | None:
    """Keep a product's Final rows alone where it has any, else its Interim rows."""
    if not isinstance(rows, list) or not rows:
        return None
    finals = {(row.get("tote"), row["product_name"]) for row in rows if status_of(row.get("status")) == "final"}
    kept = [
        (
            row["id"], row.get("tote"), row["product_name"], status_of(row.get("status")), number(row.get("dividend")),
            cents(row.get("pool_size")), text(row.get("description")),
            _placed(row.get("positions")),
        )
        for row in rows
        if (row.get("tote"), row["product_name"]) not in finals or status_of(row.get("status")) == "final"
    ]  # fmt: skip
    return tuple(sorted(kept, key=repr))
