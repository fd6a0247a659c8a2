"""The acceptance check asks for the card of the day that was run, also when that day is over."""

from datetime import date, timedelta

import pytest

from local.tab.server import serve
from shared.clock import Clock, racing_day_bounds, real_now
from tests.acceptance.check_served import Report, Upstream, _card

DAY = date(2026, 11, 18)
AFTER = racing_day_bounds(DAY)[1] + timedelta(minutes=40)


@pytest.fixture(scope="module")
def upstream():
    running = serve(seed=7, meetings=2, clock=Clock(1, real_now(), AFTER))
    yield Upstream(running.url)
    running.stop()


class Holding:
    """A database that holds these races of the card."""

    def __init__(self, races):
        self._races = races

    def all(self, _statement):
        return [
            {name: race[name] for name in ("country", "category", "number")}
            | {"race_id": race["id"], "status": "final", "racing_day": DAY, "date": DAY}
            for race in self._races
        ]


def test_a_race_of_the_day_that_is_over_is_missed(upstream):
    of_the_day = {race["id"] for race in upstream.control(f"card?day={DAY}")["races"]}
    current = {race["id"] for race in upstream.control("card")["races"]}
    card = upstream.card(DAY)
    assert of_the_day.isdisjoint(current)
    assert card.keys() == of_the_day | current
    wanted = [race for race in card.values() if race["wanted"]]
    missing = next(race for race in wanted if race["id"] in of_the_day)
    report = Report()
    _card(card, Holding([race for race in wanted if race is not missing]), report)
    (problem,) = report.problems
    assert missing["id"] in problem
