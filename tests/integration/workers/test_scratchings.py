"""A scratching is told once, and as late where its own time or upstream's flag says so (docs/decisions/0007)."""

from datetime import timedelta

import pytest

from tests.fixtures.answers import START, answer, before_start, entrant
from tests.fixtures.recorded import MARKS, Stored

RANDWICK = "lad-interim-T-AUS-randwick-r1-scratched-after-start.json"
SECOND = timedelta(seconds=1)


def late(changes):
    (told,) = [row["payload"]["entrants"] for row in changes if row["kind"] == "scratching"]
    return {runner["runner_number"]: runner["late"] for runner in told}


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("gone", "wanted"),
    [
        ({"scratch_time": START - SECOND}, False),
        ({"scratch_time": START}, True),
        ({"scratch_time": START + 90 * SECOND}, True),
        ({"scratch_time": None}, False),
        ({"scratch_time": None, "is_late_scratched": True}, True),
        ({"scratch_time": START - SECOND, "is_late_scratched": True}, True),
    ],
    ids=str,
)
def test_a_scratching_is_late_from_the_advertised_start_on_or_where_upstream_says_so(store, gone, wanted):
    store.write(answer(), before_start(minutes=1))
    runners = [entrant(1, is_scratched=True, **gone), entrant(2), entrant(3)]
    store.write(answer(entrants=runners, status="closed"), before_start(minutes=-3))
    assert late(store.changes()) == {1: wanted}


@pytest.mark.parametrize("name", [pytest.param(RANDWICK, marks=MARKS)])
def test_of_the_recorded_scratchings_the_one_after_the_start_is_late(name, database_url):
    stored = Stored(name, database_url)
    assert late(stored.table("changes")) == {4: False, 10: True, 15: False}
