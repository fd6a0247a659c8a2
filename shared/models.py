"""Frozen dataclasses and NewTypes: the racing words both services use.

Amounts are integer cents, prices `Decimal` with two places, percentages as upstream gives them;
None is always unknown, never zero.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NewType

MeetingId = NewType("MeetingId", str)
RaceId = NewType("RaceId", str)
EntrantId = NewType("EntrantId", str)

Category = Literal["T", "H"]
Country = Literal["NZ", "AUS"]
RaceType = Literal["thoroughbred", "harness"]
PriceKind = Literal["fixed_win", "fixed_place", "pool_win", "pool_place"]
ResultStatus = Literal["interim", "final"]

PRICE_KINDS: tuple[PriceKind, ...] = ("fixed_win", "fixed_place", "pool_win", "pool_place")
RACE_TYPES: dict[Category, RaceType] = {"T": "thoroughbred", "H": "harness"}
TERMINAL = frozenset({"final", "abandoned", "cancelled"})  # after aliases are mapped (DOMAIN §1)
HOME_BOOKMAKER = "tab_nz"  # whose fixed prices the TAB NZ API carries


@dataclass(frozen=True, slots=True)
class Fault:
    """A field of an answer that was refused and left out: its path in the body, and why."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardRace:
    """A race as the day's card lists it."""

    race_id: RaceId
    name: str
    race_number: int
    start_time: datetime
    status: str
    distance: int | None = None
    track_condition: str | None = None
    weather: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting with the races the card embeds; *date* is its NZ racing day."""

    meeting_id: MeetingId
    meeting_name: str
    country: str
    category: Category
    date: date
    state: str | None = None
    track_condition: str | None = None
    weather: str | None = None
    tote_status: str | None = None
    races: tuple[CardRace, ...] = ()

    @property
    def race_type(self) -> RaceType:
        """The long name of the category."""
        return RACE_TYPES[self.category]

    def with_races(self, races: tuple[CardRace, ...]) -> "Meeting":
        """Return the same meeting with other races."""
        return replace(self, races=races)


@dataclass(frozen=True, slots=True)
class Odds:
    """A runner's four prices; *given* names the kinds the answer spoke of (the rest are absent, not null)."""

    fixed_win: Decimal | None = None
    fixed_place: Decimal | None = None
    pool_win: Decimal | None = None
    pool_place: Decimal | None = None
    given: frozenset[PriceKind] = frozenset(PRICE_KINDS)


@dataclass(frozen=True, slots=True)
class Fluc:
    """An entry of upstream's own price history of the fixed win price."""

    at: datetime
    price: Decimal


@dataclass(frozen=True, slots=True)
class Entrant:
    """A runner of a race, as one answer shows it."""

    entrant_id: EntrantId
    name: str
    runner_number: int
    odds: Odds
    barrier: int | None = None
    barrier_position: str | None = None
    jockey: str | None = None
    trainer_name: str | None = None
    silk_colours: str | None = None
    silk_url_64x64: str | None = None
    silk_url_128x128: str | None = None
    age: int | None = None
    sex: str | None = None
    colour: str | None = None
    weight_allocated: Decimal | None = None
    weight_total: Decimal | None = None
    last_twenty_starts: str | None = None
    gear: str | None = None
    horse_id: int | None = None
    is_scratched: bool = False
    is_late_scratched: bool = False
    scratch_time: datetime | None = None
    is_emergency: bool = False
    emergency_position: str | None = None
    favourite: bool = False
    mover: bool = False
    flucs: tuple[Fluc, ...] = ()


@dataclass(frozen=True, slots=True)
class Money:
    """What the tracker says of one id: the sums over its rows, whole percents of the race."""

    hold_percentage: int
    bet_percentage: int


@dataclass(frozen=True, slots=True)
class Pool:
    """One tote pool by upstream's product name; *investments* are cents per runner number, from the trends."""

    product_type: str
    total_cents: int | None
    status: str | None = None
    investments: dict[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A placing; *margin* in lengths behind the winner, times in seconds. Dead heats share a position."""

    position: int
    runner_number: int | None
    entrant_id: EntrantId | None
    name: str | None
    barrier: int | None = None
    margin: Decimal | None = None
    positional_margin: str | None = None
    winning_time: Decimal | None = None
    time_ran: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Dividend:
    """A dividend in dollars for a one-dollar stake; *positions* pairs runner number and position."""

    dividend_id: str
    tote: str | None
    product_name: str
    status: str | None
    dividend: Decimal | None
    pool_size_cents: int | None = None
    jackpot_size_cents: int | None = None
    positions: tuple[tuple[int, int], ...] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class RaceAnswer:
    """One event answer, parsed. A block that was absent, null or empty is None: it overwrites nothing."""

    race_id: RaceId
    meeting_id: MeetingId
    meeting_name: str
    country: str
    category: Category
    name: str
    race_number: int
    start_time: datetime
    actual_start: datetime | None
    status: str
    racing_day: date
    entrants: tuple[Entrant, ...]
    money: dict[EntrantId, Money] | None = None
    pools: tuple[Pool, ...] | None = None
    results: tuple[ResultRow, ...] | None = None
    dividends: tuple[Dividend, ...] | None = None
    distance: int | None = None
    track_condition: str | None = None
    weather: str | None = None
    state: str | None = None
    track_direction: str | None = None
    track_surface: str | None = None
    rail_position: str | None = None
    race_class: str | None = None
    prize_cents: int | None = None
    positions_paid: int | None = None
    protest: bool | None = None  # None: the answer does not say
    protest_reason: str | None = None
    photo_finish: bool | None = None
    stewards_inquiry: bool | None = None
    upstream_error: str | None = None
    data_hash: str = ""
    faults: tuple[Fault, ...] = field(default=())


def is_terminal(status: str) -> bool:
    """Whether a race of this status is over for good (DOMAIN §1)."""
    return status in TERMINAL
