"""Race days in their short form, from an empty database; the long forms are `python -m tests.acceptance.race_day`."""

from datetime import date, timedelta

import pytest

from shared.clock import racing_day_bounds
from tests.acceptance.house import Plan
from tests.acceptance.race_day import run

NOISE_S = 8.0  # a machine that runs other tests too may stand still for long
# A poll a minute where one each 15 s is due has 0.29 and fails; at 240 times real time an instant is past after 62 ms.
LEAST_LAST_FIVE = 0.35
pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]


def lived_through(plan):
    report = run(plan, LEAST_LAST_FIVE)
    print(report)
    assert report.good, f"{report}"
    return report


def test_a_stretch_with_faults_and_an_outage_is_stored_to_the_cent_and_the_gap_is_named():
    plan = Plan(
        date(2026, 11, 18), seed=7, meetings=6, speed=120, begins_after=timedelta(hours=4), hours=1.8,
        around_the_clock=True, faults="500=0.04,truncate=0.03,429=0.01,garbage=0.02,empty=0.01",
        outage=timedelta(minutes=10), noise_s=NOISE_S,
    )  # fmt: skip
    report = lived_through(plan)
    assert any("500" in line for line in report.served.lines), "no fault was drawn"


@pytest.mark.parametrize(
    ("day", "hours_long", "begins_h", "seed"),
    [(date(2026, 4, 4), 25, 21.8, 1), (date(2026, 9, 26), 23, 20.8, 1)],
    ids=["clocks go back", "clocks go forward"],
)
def test_the_night_in_which_the_clocks_change_ends_at_its_own_five_in_the_morning(day, hours_long, begins_h, seed):
    begins, ends = racing_day_bounds(day)
    assert ends - begins == timedelta(hours=hours_long)
    plan = Plan(
        day, seed=seed, meetings=3, speed=240, begins_after=timedelta(hours=begins_h),
        hours=hours_long + 0.7 - begins_h, around_the_clock=True, noise_s=NOISE_S,
    )  # fmt: skip
    report = lived_through(plan)
    races_line = next(line for line in report.served.lines if line.startswith("races:"))
    assert "races: 72" in races_line, "the next racing day's card was not fetched after 05:00"
