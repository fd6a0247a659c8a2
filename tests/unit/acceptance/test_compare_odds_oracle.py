"""What the acceptance says of upstream's moves beside our own rows."""

from decimal import Decimal

from tests.acceptance.compare import Comparison
from tests.acceptance.stored import TABLES, Stored
from tests.unit.acceptance.sequences import START, before, event, runner, told


def found(*moves):
    """Compare a price that moved from 4 to 5 between two polls, with these upstream moves (minutes, price) stored."""
    flucs = {"last_six": [{"timestamp": f"{before(m):%Y-%m-%dT%H:%M:%S}Z", "fluc": odds} for m, odds in moves]}
    first, second = (runner(1, {"fixed_win": odds}, flucs_with_timestamp=flucs) for odds in (4, 5))
    expected = told((before(9), event(first)), (before(5), event(second)))
    stored = Stored({table: [] for table in TABLES})
    stored.rows["races"] = [{"status": "open", "start_time": START, "tracker_removed": {}}]
    rows = [(before(9), 4, "poll"), (before(5), 5, "poll"), *((before(m), odds, "upstream") for m, odds in moves)]
    stored.rows["odds_history"] = [
        {"entrant_id": "runner-1", "type": "fixed_win", "event_timestamp": at, "odds": Decimal(odds), "source": source}
        for at, odds, source in rows
    ]
    return [(d.expected, d.stored) for d in Comparison("race", expected, stored, []).run() if d.table == "odds_history"]


def test_moves_that_lead_from_one_poll_to_the_next_are_no_difference():
    assert found() == found((8, 6), (7, 3)) == []


def test_a_row_of_either_source_that_repeats_the_price_before_it_is_one():
    assert found((8, 4)) == [("a change", 4)]
    assert found((8, 6), (6, 5)) == [("a change", 5)]


def test_a_move_from_before_the_first_poll_is_one():
    assert found((10, 6)) == [("a fluc after the first poll", 6)]
