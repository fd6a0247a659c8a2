"""PURE wire model of an event: only the fields we use, named as upstream names them."""

from typing import Annotated

from pydantic import Field

from workers.upstream.wire import (
    Amount,
    Count,
    EpochSeconds,
    Label,
    Location,
    LongText,
    MaybeEpoch,
    Measure,
    Moment,
    Name,
    Number,
    Price,
    Text,
    Wire,
)

TRENDS_LIMIT = 1024 * 1024  # characters
VITAL: frozenset[Location] = frozenset({(), ("data",), ("data", "race"), ("data", "runners"), ("data", "entrants")})

Percent = Annotated[float, Field(ge=0, le=1000)]


class WireFluc(Wire):  # noqa: D101 - the fields are upstream's
    timestamp: Moment
    fluc: Price


class WireFlucs(Wire):  # noqa: D101 - the fields are upstream's
    open: WireFluc | None = None
    high: WireFluc | None = None
    low: WireFluc | None = None
    nine_am: WireFluc | None = None
    last_six: list[WireFluc | None] | None = Field(None, max_length=100)


class WireOdds(Wire):  # noqa: D101 - the fields are upstream's
    fixed_win: Price | None = None
    fixed_place: Price | None = None
    pool_win: Price | None = None
    pool_place: Price | None = None


class WireWeight(Wire):  # noqa: D101 - the fields are upstream's
    allocated: Label | None = None
    total: Label | None = None


class WireRunner(Wire):  # noqa: D101 - the fields are upstream's
    entrant_id: Name
    runner_number: Number
    name: Name
    odds: WireOdds | None = None
    is_scratched: bool | None = None
    is_late_scratched: bool | None = None
    scratch_time: MaybeEpoch = None
    is_emergency: bool | None = None
    emergency_position: Label | None = None
    barrier: Count | None = None
    barrier_position: Label | None = None
    jockey: Text | None = None
    trainer_name: Text | None = None
    silk_colours: Text | None = None
    silk_url_64x64: Text | None = None
    silk_url_128x128: Text | None = None
    age: Count | None = None
    sex: Text | None = None
    colour: Text | None = None
    weight: WireWeight | None = None
    last_twenty_starts: Label | None = None
    gear: Text | None = None
    horse_id: int | None = Field(None, ge=0, lt=2**63)
    favourite: bool | None = None
    mover: bool | None = None
    flucs_with_timestamp: WireFlucs | None = None


class WirePrizes(Wire):  # noqa: D101 - the fields are upstream's
    total_value: Amount | None = None


class WireRace(Wire):  # noqa: D101 - the fields are upstream's
    event_id: Name
    meeting_id: Name
    meeting_name: Text | None = None
    display_meeting_name: Text | None = None
    status: Text | None = None
    description: Text | None = None
    advertised_start: EpochSeconds
    actual_start: MaybeEpoch = None
    race_date_nz: Text | None = None
    race_number: int = Field(ge=0, le=1000)
    type: Text
    country: Text
    state: Text | None = None
    distance: Count | None = None
    weather: Text | None = None
    track_condition: Text | None = None
    track_direction: Text | None = None
    track_surface: Text | None = None
    rail_position: Text | None = None
    race_class: Text | None = Field(None, alias="class")
    prize_monies: WirePrizes | None = None
    positions_paid: Count | None = None
    protest: bool | None = None
    protest_reason: LongText | None = None
    photo_finish: bool | None = None
    stewards_inquiry: bool | None = None


class WireTrackerRow(Wire):  # noqa: D101 - the fields are upstream's
    entrant_id: Name
    hold_percentage: Percent | None = 0
    bet_percentage: Percent | None = 0


class WireTracker(Wire):  # noqa: D101 - the fields are upstream's
    entrants: list[WireTrackerRow | None] | None = Field(None, max_length=5000)


class WireTrends(Wire):  # noqa: D101 - the fields are upstream's
    tote_trends_data: str | None = Field(None, max_length=TRENDS_LIMIT)


class WirePool(Wire):  # noqa: D101 - the fields are upstream's
    product_type: Name
    total: Amount | None = None
    status: Text | None = None
    tote_trends: WireTrends | None = None


class WireResult(Wire):  # noqa: D101 - the fields are upstream's
    position: Number
    runner_number: Number | None = None
    entrant_id: Text | None = None
    name: Text | None = None
    barrier: Count | None = None
    margin_length: Measure | None = None
    positional_margin: Text | None = None
    winning_time: Measure | None = None
    time_ran: Measure | None = None


class WirePosition(Wire):  # noqa: D101 - the fields are upstream's
    runner_number: Count
    position: Count


class WireDividend(Wire):  # noqa: D101 - the fields are upstream's
    id: Name
    tote: Text | None = None
    product_name: Name
    status: Text | None = None
    dividend: Price | None = None
    pool_size: Amount | None = None
    jackpot_size: Amount | None = None
    positions: list[WirePosition | None] | None = Field(None, max_length=100)
    description: Text | None = None


class WireData(Wire):  # noqa: D101 - the fields are upstream's
    race: WireRace
    runners: list[WireRunner | None] | None = Field(None, max_length=100)
    entrants: list[WireRunner | None] | None = Field(None, max_length=100)
    money_tracker: WireTracker | None = None
    tote_pools: list[WirePool | None] | None = Field(None, max_length=200)
    results: list[WireResult | None] | None = Field(None, max_length=200)
    dividends: list[WireDividend | None] | None = Field(None, max_length=1000)
    error: str | None = None


class WireEvent(Wire):
    """The whole body; its header and params say nothing we use."""

    data: WireData
