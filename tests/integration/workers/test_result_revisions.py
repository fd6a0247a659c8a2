"""A revision whenever anything of a result changes, what is taken back included."""

from datetime import timedelta

import pytest

from shared.models import ResultRow
from tests.fixtures.answers import START, answer, entrant_id

pytestmark = pytest.mark.postgres
WINNER = ResultRow(1, 1, entrant_id(1), "Runner 1")


def revisions(store):
    return [
        (row["revision"], row["protest_lodged"], row["protest_text"], len(row["results"]))
        for row in store.table("race_results", order="revision")
    ]


def test_a_protest_that_is_taken_back_is_a_revision_and_silence_is_none(store):
    def told(minute, **changes):
        store.write(
            answer(status="interim", results=(WINNER,), data_hash=f"m{minute}", **changes),
            START + timedelta(minutes=minute),
        )

    told(3)
    told(4, protest=True, protest_reason="2 against 1")
    told(5)
    told(6, protest=False, protest_reason="2 against 1: DISMISSED")
    assert revisions(store) == [
        (1, False, None, 1),
        (2, True, "2 against 1", 1),
        (3, False, "2 against 1: DISMISSED", 1),
    ]


def test_a_flag_that_is_taken_back_without_a_result_is_a_revision_and_one_never_raised_is_none(store):
    def told(minute, **changes):
        store.write(answer(status="closed", data_hash=f"m{minute}", **changes), START + timedelta(minutes=minute))

    told(2, protest=False, photo_finish=False)
    assert revisions(store) == []
    told(3, protest=True, photo_finish=True)
    told(4, protest=False)
    told(5, protest=False, photo_finish=None)
    assert [(row["revision"], row["protest_lodged"], row["photo_finish"]) for row in store.table("race_results")] == [
        (1, True, True), (2, False, True),
    ]  # fmt: skip
    assert store.table("race_results")[-1]["result_status"] is None
    assert store.kinds().count("results") == 2
