"""The acceptance check's comparison: what the card's jobs excuse, and what they do not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.acceptance.compare import Comparison
from tests.acceptance.oracle import Expected
from tests.acceptance.stored import TABLES, Stored

START = datetime(2026, 11, 21, 5, 50, tzinfo=UTC)
FIRST, LAST = START - timedelta(hours=1), START + timedelta(minutes=6)
CARD = (LAST + timedelta(hours=1), LAST + timedelta(hours=1, minutes=1))
DURING = CARD[0] + timedelta(seconds=30)


def changed(at, to, kind="status"):
    return {"at": at, "kind": kind, "payload": {"from": "interim", "to": to}}


def found(*, status="final", changes=(), card_jobs=(CARD,), entrants=(), stored_entrants=()):
    """Return what differs where the answers say final from LAST on, and the database says *status*."""
    race = {"status": "final", "start_time": START, "actual_start": START, "last_polled_at": LAST}
    expected = Expected(
        race={**race, "tracker_removed": {}}, entrants={row["entrant_id"]: row for row in entrants}, answers=2,
        statuses=[(FIRST, "open"), (LAST, "final")], outcomes={FIRST: "changed", LAST: "changed"},
    )  # fmt: skip
    rows = {table: [] for table in TABLES} | {
        "races": [race | {"status": status, "tracker_removed": None}],
        "changes": [changed(LAST, "final"), *changes], "entrants": list(stored_entrants),
    }  # fmt: skip
    return [str(each) for each in Comparison("r", expected, Stored(rows), list(card_jobs)).run()]


def test_a_race_that_is_stored_as_its_last_answer_said_differs_in_nothing():
    assert found() == []


@pytest.mark.parametrize("card_jobs", [(), (CARD,)], ids=["no card job", "a card job after the last answer"])
def test_a_final_race_that_is_stored_as_interim_is_told(card_jobs):
    (difference,) = found(status="interim", card_jobs=card_jobs)
    assert "[status] expected final, stored interim" in difference


def test_a_status_that_the_card_told_after_the_last_answer_is_the_one_to_be_stored():
    told = (changed(DURING, "abandoned"),)
    assert found(status="abandoned", changes=told) == []
    assert "[status] expected abandoned, stored final" in found(changes=told)[0]


def test_a_change_of_status_that_nobody_told_is_no_card():
    late = CARD[1] + timedelta(minutes=1)
    differences = found(status="abandoned", changes=(changed(late, "abandoned"),))
    assert any("[status] expected final, stored abandoned" in each for each in differences)
    assert any("changes [status " in each for each in differences)


def test_a_change_that_an_answer_told_is_compared_beside_a_card_job_that_changed_nothing():
    beside = (LAST - timedelta(seconds=30), LAST + timedelta(seconds=30))
    again = changed(LAST - timedelta(seconds=40), "closed")
    assert len(found(changes=(again,), card_jobs=(beside,))) == 1, "it came before the job began"
    assert found(card_jobs=(beside,)) == []


def runner(closing_price, missing=None, *, scratched=False):
    row = {"entrant_id": "e", "is_scratched": scratched, "closing_price": closing_price}
    return {"entrants": [row], "stored_entrants": [row | {"closing_missing": missing}]}


def test_a_closing_price_is_missing_for_its_reason():
    price = Decimal("3.50")
    assert found(**runner(price)) == []
    assert found(**runner(None, "scratched", scratched=True)) == []
    assert found(**runner(None, "no price while open")) == []
    for wrong in (
        runner(price, "scratched"),
        runner(None),
        runner(None, "scratched"),
        runner(None, "no price while open", scratched=True),
    ):
        assert len(found(**wrong)) == 1
