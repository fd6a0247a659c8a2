"""The page's pure functions, run in the browser that will run them."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def run(page, site):
    page.open(f"{site.url}/static/status.html")
    return lambda module, call: page.evaluate(f"import('/static/js/{module}.js').then(m => m.{call})")


def test_times_prices_and_amounts_are_told_in_words_and_the_unknown_is_a_dash(run):
    told = {
        "countdown(271)": "04:31",
        "countdown(0.2)": "00:01",
        "countdown(0)": "00:00",
        "countdown(-72.9)": "+01:12",
        "countdown(7500)": "2 h 05 m",
        "countdown(NaN)": "–",
        "price(3.5)": "3.50",
        "price(151)": "151",
        "price(0)": "–",
        "price(null)": "–",
        "money(915138)": "$9,151",
        "money(0)": "$0",
        "money(null)": "–",
        "percent(12.68)": "12.7%",
        "percent(0)": "0%",
        "percent(undefined)": "–",
        "metres(null)": "–",
        "duration(4.4)": "4 s",
        "duration(3599)": "60 min",
        "milliseconds(1500)": "1.5 s",
        "instant('no time')": None,
    }
    assert {call: run("format", call) for call in told} == told


def test_the_racing_day_begins_at_five_in_new_zealand(run):
    before = run("format", "racingDay(Date.parse('2026-11-21T15:59:00Z'))")  # 04:59 on Sunday
    after = run("format", "racingDay(Date.parse('2026-11-21T16:00:00Z'))")
    assert (before[:3], after[:3]) == ("Sat", "Sun")


def test_a_move_is_marked_until_it_is_old_and_an_unknown_price_is_no_move(run):
    assert run("format", "moved(undefined, 3, 0)") == {"price": 3, "from": None, "at": 0}
    assert run("format", "moved({price: 3, from: null, at: 0}, 2.8, 9)") == {"price": 2.8, "from": 3, "at": 9}
    assert run("format", "moved({price: 2.8, from: 3, at: 0}, 2.8, 30000).from") == 3
    assert run("format", "moved({price: 2.8, from: 3, at: 0}, 2.8, 60000).from") is None
    assert run("format", "moved({price: 2.8, from: 3, at: 0}, null, 9).price") is None
    assert run("format", "moved({price: null, from: null, at: 0}, 4, 9).from") is None
    assert run("format", "moveMark({price: 2.8, from: 3, at: 0}).tone") == "shortened"


def test_a_sparkline_steps_from_change_to_change_and_breaks_where_the_price_was_withdrawn(run):
    box = "{width: 104, height: 24, from: 0, to: 100}"
    points = "[{at: 0, value: 4}, {at: 50, value: 2}]"
    assert run("draw", f"stepPath({points}, {box})") == {"path": "M2 2H52V22H102", "end": {"x": 102, "y": 22}}
    gone = "[{at: 0, value: 4}, {at: 50, value: null}, {at: 80, value: 2}, {at: 90, value: null}]"
    assert run("draw", f"stepPath({gone}, {box})") == {"path": "M2 2H52M82 22H92", "end": None}
    assert run("draw", f"stepPath([], {box})") == {"path": "", "end": None}


def test_the_clock_follows_a_server_that_runs_faster(run):
    readings = "(c => (c.learn(1e6, 0), c.learn(1e6 + 300000, 5000), [c.speed, c.now(6000)]))(new m.ServerClock())"
    assert run("clock", f"ServerClock && {readings}") == [60, 1e6 + 360000]


def test_an_answer_that_was_on_its_way_for_a_while_does_not_set_the_clock_back(run):
    late = "(c => (c.learn(1e6, 0), c.learn(1e6 + 4200, 5000), c.now(5000)))(new m.ServerClock())"
    assert run("clock", f"ServerClock && {late}") == 1e6 + 5000
    restarted = "(c => (c.learn(1e6, 0), c.learn(5e5, 5000), c.now(5000)))(new m.ServerClock())"
    assert run("clock", f"ServerClock && {restarted}") == 5e5
