"""What all bodies of a race say alike must be stored."""

from datetime import UTC, datetime

from tests.acceptance.told import Told

AT = datetime(2026, 11, 21, tzinfo=UTC)


def heard(*races):
    told = Told()
    served = [(AT, {"data": {"race": race}}) for race in races]
    assert list(told.listen(served)) == served
    return told


def names(told, prize_cents, state):
    return [each.key for each in told.differences("r", prize_cents, state)]


def test_a_prize_and_a_state_that_are_stored_otherwise_are_told():
    told = heard({"prize_monies": {"total_value": 17000}, "state": "NZ"}, {"prize_monies": None})
    assert names(told, 1_700_000, "NZ") == []
    assert names(told, 17_000, None) == ["prize_cents", "state"]


def test_what_no_body_says_or_bodies_say_differently_is_not_compared():
    assert names(heard({}, {"state": ""}), None, None) == []
    assert names(heard({"state": "NZ"}, {"state": "VIC"}), None, "QLD") == []
