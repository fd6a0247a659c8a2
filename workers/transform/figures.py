"""PURE an answer and what is known → every figure that is stored of it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shared.models import Entrant, EntrantId, Money, Odds, RaceAnswer
from workers.transform.money_flow import Moment, amount_of, moment_of, share_amount
from workers.transform.odds import completed_odds, market_percentage, stored_share, tote_shares
from workers.transform.pools import PoolTotals, pool_totals
from workers.transform.results import ResultSheet, result_sheet

OPEN = "open"


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a race: it stands in for the blocks that an answer leaves out (DOMAIN §4)."""

    odds: dict[EntrantId, Odds] = field(default_factory=dict)
    money: dict[EntrantId, Money] = field(default_factory=dict)
    win_pool: int | None = None
    place_pool: int | None = None


@dataclass(frozen=True, slots=True)
class RunnerFigures:
    """A runner's figures; amounts in cents, *tote_share* between 0 and 1."""

    odds: Odds
    hold_percentage: int | None = None
    bet_percentage: int | None = None
    win_pool_amount: int | None = None
    place_pool_amount: int | None = None
    tote_share: Decimal | None = None
    tote_win_amount: int | None = None
    tote_source: Literal["odds", "trends"] | None = None


@dataclass(frozen=True, slots=True)
class RaceFigures:
    """All that is derived from one answer, at one moment."""

    moment: Moment
    is_open: bool
    has_started: bool
    runners: dict[EntrantId, RunnerFigures]
    market_percentage: Decimal | None
    tracker_removed: dict[EntrantId, Money] | None
    pools: PoolTotals | None
    sheet: ResultSheet | None


def leaves_out(answer: RaceAnswer) -> bool:
    """Whether stored figures are needed to complete the answer."""
    if answer.money is None or answer.pools is None:
        return True
    return any(len(entrant.odds.given) < 4 for entrant in answer.entrants)  # noqa: PLR2004  the four kinds


def race_figures(answer: RaceAnswer, polled_at: datetime, known: Known) -> RaceFigures:
    """Compute every figure of *answer* as polled at *polled_at*."""
    pools = pool_totals(answer.pools) if answer.pools is not None else None
    win_pool = pools.win if pools else known.win_pool
    place_pool = pools.place if pools else known.place_pool
    odds = {e.entrant_id: completed_odds(e, known.odds.get(e.entrant_id)) for e in answer.entrants}
    live = [e for e in answer.entrants if not e.is_scratched]
    shares, source = _shares(answer, live, odds)
    money = known.money if answer.money is None else answer.money
    runners = {}
    for entrant in answer.entrants:
        held = money.get(entrant.entrant_id)
        hold = held.hold_percentage if held else None
        share = shares.get(entrant.entrant_id) if shares else None
        runners[entrant.entrant_id] = RunnerFigures(
            odds=odds[entrant.entrant_id],
            hold_percentage=hold,
            bet_percentage=held.bet_percentage if held else None,
            win_pool_amount=amount_of(win_pool, hold),
            place_pool_amount=amount_of(place_pool, hold),
            tote_share=stored_share(share),
            tote_win_amount=_tote_amount(answer, entrant, win_pool, share, source),
            tote_source=source if share is not None else None,
        )
    removed = None
    if answer.money is not None:
        removed = {entrant_id: m for entrant_id, m in answer.money.items() if entrant_id not in runners}
    return RaceFigures(
        moment=moment_of(polled_at, answer.start_time),
        is_open=answer.status == OPEN,
        has_started=_has_started(answer, polled_at),
        runners=runners,
        market_percentage=market_percentage([odds[e.entrant_id].fixed_win for e in live]),
        tracker_removed=removed,
        pools=pools,
        sheet=result_sheet(answer),
    )


def _has_started(answer: RaceAnswer, polled_at: datetime) -> bool:
    """Whether the start is proven: upstream repeats the advertised time until the race has gone (DOMAIN §1)."""
    proven = answer.actual_start is not None and answer.actual_start != answer.start_time
    return proven and answer.actual_start is not None and answer.actual_start <= polled_at


def _investments(answer: RaceAnswer) -> dict[int, int] | None:
    for pool in answer.pools or ():
        if pool.product_type.lower() == "win" and pool.investments:
            return pool.investments
    return None


def _shares(
    answer: RaceAnswer, live: list[Entrant], odds: dict[EntrantId, Odds]
) -> tuple[dict[EntrantId, Fraction] | None, Literal["odds", "trends"]]:
    """Return the live runners' shares: exact from the trends' Win investments where all have one, else from prices."""
    invested = _investments(answer)
    if invested and live and all(e.runner_number in invested for e in live):
        total = sum(invested[e.runner_number] for e in live)
        if total > 0:
            return {e.entrant_id: Fraction(invested[e.runner_number], total) for e in live}, "trends"
    return tote_shares({e.entrant_id: odds[e.entrant_id].pool_win for e in live}), "odds"


def _tote_amount(
    answer: RaceAnswer, entrant: Entrant, win_pool: int | None, share: Fraction | None, source: str
) -> int | None:
    if share is not None and source == "trends":
        return (_investments(answer) or {}).get(entrant.runner_number)
    return share_amount(win_pool, share)
