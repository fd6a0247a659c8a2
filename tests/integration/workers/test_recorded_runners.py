"""Every recorded answer's runners and their money as stored: the file on one side, whole rows on the other."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

from tests.fixtures.recorded import (
    FULL,
    KINDS,
    MARKS,
    Stored,
    instant,
    is_scratched,
    priced,
    stored,  # noqa: F401  the fixture
    text,
    two_places,
)
from tests.fixtures.rederived import half_up

pytestmark = MARKS


def from_the_runner(runner):
    """Return what the runner's own block says."""
    return {
        "name": runner["name"].strip(),
        "runner_number": runner["runner_number"],
        "barrier": runner["barrier"],
        "barrier_position": text(runner.get("barrier_position")),
        "jockey": text(runner["jockey"]),
        "trainer_name": text(runner["trainer_name"]),
        "silk_colours": text(runner["silk_colours"]),
        "silk_url_64x64": text(runner["silk_url_64x64"]),
        "silk_url_128x128": text(runner["silk_url_128x128"]),
        "age": runner["age"],
        "sex": text(runner["sex"]),
        "colour": text(runner["colour"]),
        "weight_allocated": weight(runner, "allocated"),
        "weight_total": weight(runner, "total"),
        "last_twenty_starts": text(runner["last_twenty_starts"]),
        "gear": text(runner["gear"]),
        "horse_id": runner.get("horse_id"),
        "is_scratched": is_scratched(runner),
        "is_late_scratched": runner.get("is_late_scratched", False),
        "scratch_time": instant(runner["scratch_time"]),
        "is_emergency": runner.get("is_emergency", False),
        "emergency_position": text(runner.get("emergency_position")),
        "favourite": runner["favourite"],
        "mover": runner["mover"],
    }


def weight(runner, which):
    given = text(runner["weight"][which])
    return None if given is None else two_places(given)


def money(data):
    """Return runner → (hold %, bet %), each summed over the tracker's many rows; None without a tracker."""
    if not data["money_tracker"]:
        return {}
    hold, bet = Counter(), Counter()
    for row in data["money_tracker"]["entrants"]:
        hold[row["entrant_id"]] += row["hold_percentage"]
        bet[row["entrant_id"]] += row["bet_percentage"]
    return {key: (hold[key], bet[key]) for key in hold}


def flow(stored):  # noqa: F811  the fixture
    """Return each runner's money: the tracker's sums, its part of both pools, and the tote's share of the win pool."""
    pools, held = stored.pools() or {}, money(stored.data)
    prices = {runner["entrant_id"]: priced(runner)["pool_win"] for runner in stored.live}
    whole = prices and None not in prices.values()
    total = sum(1 / Fraction(price) for price in prices.values()) if whole else None
    found = {}
    for runner in stored.data["runners"]:
        key = runner["entrant_id"]
        hold, bet = held.get(key, (None, None))
        share = 1 / Fraction(prices[key]) / total if whole and key in prices else None
        found[key] = {
            "hold_percentage": hold,
            "bet_percentage": bet,
            "win_pool_amount": part(pools.get("Win"), hold and Fraction(hold, 100)),
            "place_pool_amount": part(pools.get("Place"), hold and Fraction(hold, 100)),
            "tote_share": None if share is None else half_up(share, 8),
            "tote_win_amount": part(pools.get("Win"), share),
            "tote_source": None if share is None else "odds",
        }
    return found


def part(pool, share):
    return None if pool is None or share is None else int(half_up(pool * Fraction(share), 0))


def closing(stored, runner):  # noqa: F811  the fixture
    """Return what one look at a race before its start tells of the opening, closing, highest and lowest price."""
    price = priced(runner)["fixed_win"]
    if stored.race["status"] == "Open":
        return dict.fromkeys(("opening_price", "closing_price", "high_price", "low_price"), price) | {
            "closing_missing": None
        }
    why = "scratched" if is_scratched(runner) else "not seen while open"
    return dict.fromkeys(("opening_price", "closing_price", "high_price", "low_price")) | {"closing_missing": why}


def test_every_runner_is_stored_as_recorded_and_no_other(stored):  # noqa: F811  the fixture
    rows, flows, at = stored.by_entrant("entrants"), flow(stored), stored.polled_at
    assert set(rows) == {runner["entrant_id"] for runner in stored.data["runners"]}
    for runner in stored.data["runners"]:
        prices = priced(runner)
        told = {
            "race_id": stored.race_id,
            "entrant_id": runner["entrant_id"],
            "bookmaker": "tab_nz",
            "win_odds": prices["fixed_win"] or prices["pool_win"],
            "place_odds": prices["fixed_place"] or prices["pool_place"],
            "created_at": at,
            "updated_at": at,
        }
        told |= from_the_runner(runner) | prices | flows[runner["entrant_id"]] | closing(stored, runner)
        assert rows[runner["entrant_id"]] == told


def test_every_price_starts_its_history(stored):  # noqa: F811  the fixture
    given = {
        (runner["entrant_id"], kind): price
        for runner in stored.data["runners"]
        for kind, price in priced(runner).items()
        if price is not None
    }
    rows = stored.table("odds_history")
    assert {(row["entrant_id"], row["type"]): row["odds"] for row in rows} == given
    assert len(rows) == len(given)
    for row in rows:
        assert (row["event_timestamp"], row["created_at"]) == (stored.polled_at, stored.polled_at)
        assert (row["source"], row["bookmaker"], str(row["racing_day"])) == ("poll", "tab_nz", stored.day)


def test_the_money_of_an_open_race_starts_its_timeline_and_of_another_none(stored):  # noqa: F811  the fixture
    flows, buckets = stored.by_entrant("money_flow_history"), stored.by_entrant("money_flow_buckets")
    if stored.race["status"] != "Open":
        assert (flows, buckets) == ({}, {})
        return
    figures = flow(stored)
    assert set(buckets) == set(figures)
    assert set(flows) == {key for key, row in figures.items() if set(row.values()) != {None}}
    for runner in stored.data["runners"]:
        key = runner["entrant_id"]
        for row in (buckets[key], *([flows[key]] if key in flows else [])):
            assert {name: row[name] for name in figures[key]} == figures[key]
            assert (row["polling_timestamp"], row["event_timestamp"]) == (stored.polled_at, stored.polled_at)
            assert (row["time_interval"], row["interval_type"], row["time_to_start_seconds"]) == (3, "30s", 180)
        assert {kind: buckets[key][kind] for kind in KINDS} == priced(runner)
        # With nothing before it a bucket later than 55 minutes has grown by nothing (DOMAIN §4).
        for amount, grown in (
            ("win_pool_amount", "win"),
            ("place_pool_amount", "place"),
            ("tote_win_amount", "tote_win"),
        ):
            increment = buckets[key][f"incremental_{grown}_amount"]
            assert increment == (None if figures[key][amount] is None else 0)


def test_the_recorded_money_is_exact(database_url):
    """DOMAIN §1, §4: the sums over the tracker's 76 rows and the tote's shares, told by hand."""
    full = Stored(FULL, database_url)
    by_number = {row["runner_number"]: row for row in full.table("entrants")}
    holds = [by_number[number]["hold_percentage"] for number in (6, 5, 4, 2, 7, 3, 1, 8)]
    assert holds == [19, 16, 16, 13, 4, 5, 18, 2]
    (race,) = full.table("races")
    assert sum(each["hold_percentage"] for each in race["tracker_removed"].values()) == 8
    assert round(by_number[6]["tote_share"] * 100, 1) == Decimal("12.7")
    assert round(by_number[5]["tote_share"] * 100, 1) == Decimal("22.0")
    assert abs(sum(row["tote_share"] for row in by_number.values()) - 1) < Decimal("0.0000001")
    assert by_number[6]["win_pool_amount"] == round(Decimal(915138) * 19 / 100)
