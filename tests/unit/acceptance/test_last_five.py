"""The acceptance run's floor: polling that is broken fails the run, whatever slack the machine has."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from tests.acceptance.check_served import Report
from tests.acceptance.house import Plan
from tests.acceptance.race_day import DayReport, _Invariants

PLAN = Plan(date(2026, 11, 18))
START = PLAN.begins + timedelta(hours=8)


def broken(*races, outages=(), least=0.5):
    """Return what is broken where each of *races* is its start and how many of its 21 polls came."""
    report = DayReport(PLAN, 1.0, Report(), least_last_five=least)
    rows = [{"start_time": at, "came": came} for at, came in races]
    connection = SimpleNamespace(execute=lambda *_: SimpleNamespace(fetchall=lambda: rows))
    _Invariants(connection, SimpleNamespace(outages=list(outages)), report)._last_five()
    assert report.good is not bool(report.broken), "a share below the floor fails the run"
    return report.broken


@pytest.mark.parametrize("good", [0, 6, 10])
def test_a_poll_each_minute_where_each_fifteen_seconds_is_due_is_broken(good):
    (problem,) = broken((START, good))
    assert f"{good} of 21 polls came in time; 50% must" in problem


@pytest.mark.parametrize("good", [11, 21])
def test_a_slow_machine_is_not(good):
    assert broken((START, good)) == []


def test_the_floor_is_one_of_all_races_and_may_be_chosen():
    assert broken((START, 21), (START, 2)) == []
    assert broken((START, 18), least=0.9) != []
    assert broken() == []


def test_a_race_whose_last_minutes_had_no_workers_is_left_out():
    outage = (START - timedelta(minutes=3), START + timedelta(minutes=4))
    assert broken((START, 0), outages=[outage]) == []
    assert broken((START - timedelta(hours=1), 0), outages=[outage]) != []
