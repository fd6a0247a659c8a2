"""The simulated TAB over real HTTP."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
import requests

from local.errors import StartError
from local.tab.event_json import Asked, event
from local.tab.race_day import Recipe, plan_day
from local.tab.server import clock_for, serve
from local.tab.story import tell
from shared.clock import Clock, racing_day_bounds, real_now

WHO = {"From": "test@example.invalid", "X-Partner": "test", "X-Partner-ID": "test"}
ROOT = "/affiliates/v1/racing"


@pytest.fixture(scope="module")
def tab():
    running = serve(keep_served=True)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def session(tab):
    with requests.Session() as session:
        session.headers.update(WHO)
        yield lambda path, **query: session.get(tab.url + path, params=query, timeout=20)


@pytest.fixture
def race_id(session):
    return next(r["id"] for r in session("/__ctl/card").json()["races"] if r["wanted"] and r["status"] == "Open")


def test_an_unidentified_caller_is_refused(tab):
    for missing in WHO:
        headers = {name: value for name, value in WHO.items() if name != missing}
        answer = requests.get(f"{tab.url}{ROOT}/meetings", headers=headers, timeout=20)
        assert answer.status_code == 403
        assert answer.json()["header"]["error_code"] == "403"


def test_the_card_is_paged_and_filtered(session):
    whole = session(f"{ROOT}/meetings").json()["data"]["meetings"]
    pages = [
        session(f"{ROOT}/meetings", limit=7, offset=at).json()["data"]["meetings"] for at in range(0, len(whole) + 7, 7)
    ]
    assert [m["meeting"] for page in pages for m in page] == [m["meeting"] for m in whole]
    assert pages[-1] == []
    some = session(f"{ROOT}/meetings", category="T", country="NZ").json()["data"]["meetings"]
    assert some == [m for m in whole if (m["category"], m["country"]) == ("T", "NZ")]


def test_a_meeting_and_its_races_are_found_by_id(session):
    meeting = session(f"{ROOT}/meetings").json()["data"]["meetings"][2]
    one = session(f"{ROOT}/meetings/{meeting['meeting']}").json()["data"]["meetings"]
    assert [race["id"] for race in one[0]["races"]] == [race["id"] for race in meeting["races"]]


def test_the_list_is_paged_by_token(session):
    found, token = [], "0"
    while token:
        data = session(f"{ROOT}/list", limit=50, page_token=token).json()["data"]
        found += [race["id"] for race in data["races"]]
        token = data["next_page_token"]
    assert len(found) == len(set(found)) > 100


def test_tracker_trends_and_bets_come_only_when_asked_for(session, race_id):
    bare = session(f"{ROOT}/events/{race_id}").json()["data"]
    assert bare["money_tracker"] is bare["big_bets"] is bare["live_bets"] is bare["biggest_bet"] is None
    assert "tote_trends_data" not in json.dumps(bare["tote_pools"])
    flags = ("money_tracker", "tote_trends_data", "big_bets", "live_bets", "biggest_bet", "will_pays")
    full = session(f"{ROOT}/events/{race_id}", **{f"with_{flag}": "true" for flag in flags}).json()["data"]
    assert full["money_tracker"]["entrants"]
    assert "tote_trends_data" in json.dumps(full["tote_pools"])
    assert full["big_bets"]
    assert full["biggest_bet"]["title"]


def test_the_generated_time_differs_in_every_answer_and_the_data_does_not(session, race_id):
    answers = [session(f"{ROOT}/events/{race_id}").json() for _ in range(20)]
    assert len({answer["header"]["generated_time"] for answer in answers}) == 20
    assert len({json.dumps(answer["data"]) for answer in answers}) <= 2  # a step of the market may fall between
    assert list(answers[0]) == ["header", "params", "data"]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/events/nonsense", {}, 404),
        ("/events/00000000-0000-4000-a000-000000000000", {}, 404),
        ("/meetings/nonsense", {}, 404),
        ("/nowhere", {}, 404),
        ("/meetings", {"date_from": "yesterday"}, 400),
        ("/meetings", {"limit": "many"}, 400),
        ("/list", {"page_token": "-1"}, 400),
    ],
)
def test_wrong_requests_get_an_error_body(session, path, query, code):
    answer = session(ROOT + path, **query)
    assert answer.status_code == code
    assert answer.json()["header"]["error_code"] == str(code)


def test_gzip_is_one_member_that_any_client_unpacks_to_the_plain_answer(tab, race_id):
    with httpx.Client(headers=WHO) as client:
        url = f"{tab.url}{ROOT}/events/{race_id}"
        packed, plain = client.get(url), client.get(url, headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert set(packed.json()["data"]) == set(plain.json()["data"])
        with client.stream("GET", url) as raw:
            body = b"".join(raw.iter_raw())
        assert len(gzip.decompress(body)) > 3 * len(body)


def test_what_was_served_can_be_asked_for_and_computed_again(tab, session, race_id):
    answer = session(f"{ROOT}/events/{race_id}", with_money_tracker="true").json()
    kept = session(f"/__ctl/served/{race_id}").json()[-1]
    assert kept["event"] == answer
    then = datetime.fromtimestamp(kept["served_at"], UTC)
    assert event(tab.site.recipe, race_id, then, Asked(money_tracker=True)) == answer["data"]
    truth = session(f"/__ctl/truth/{race_id}").json()
    assert truth["event"] == answer
    assert truth["plan"]["story"]["off"]


def test_the_log_tells_who_was_identified_and_holds_no_credential(tab, session, race_id):
    session(f"{ROOT}/events/{race_id}")
    requests.get(f"{tab.url}{ROOT}/list", timeout=20)
    log = session("/__ctl/log").json()
    assert (log[-2]["outcome"], log[-2]["identified"]) == ("200", True)
    assert (log[-1]["outcome"], log[-1]["identified"]) == ("403", False)
    assert WHO["From"] not in json.dumps(log)


def test_faults_can_be_set_while_it_runs():
    running = serve()
    try:
        with requests.Session() as session:
            session.headers.update(WHO)
            assert session.get(f"{running.url}/__ctl/faults?set=500=1", timeout=20).json() == {"faults": {"500": 1.0}}
            assert session.get(f"{running.url}{ROOT}/list", timeout=20).status_code == 500
            session.get(f"{running.url}/__ctl/faults?set=truncate=1", timeout=20)
            with pytest.raises(requests.RequestException):
                session.get(f"{running.url}{ROOT}/list", timeout=20)
            assert session.get(f"{running.url}/__ctl/faults?set=nonsense=1", timeout=20).status_code == 400
            session.get(f"{running.url}/__ctl/faults?set=", timeout=20)
            assert session.get(f"{running.url}{ROOT}/list", timeout=20).status_code == 200
    finally:
        running.stop()


def test_an_accelerated_clock_runs_a_race_from_open_to_final():
    day = date(2026, 7, 18)
    recipe = Recipe(4, 12, around_the_clock=False)
    race = next(r for r in plan_day(recipe, day).races if r.number == 3 and tell(r).abandoned_at is None)
    start = datetime.fromtimestamp(tell(race).off - 120, UTC)
    running = serve(seed=4, around_the_clock=False, clock=Clock(600.0, real_now(), start))
    seen = []
    try:
        with requests.Session() as session:
            session.headers.update(WHO)
            deadline = real_now() + timedelta(seconds=60)
            while "Final" not in seen and real_now() < deadline:
                body = session.get(f"{running.url}{ROOT}/events/{race.race_id}", timeout=20).json()
                seen.append(body["data"]["race"]["status"])
    finally:
        running.stop()
    assert list(dict.fromkeys(seen)) == ["Open", "Closed", "Interim", "Final"]


def test_a_port_in_use_is_said_plainly(tab):
    with pytest.raises(StartError, match="--port"):
        serve(tab.port)


def test_the_clock_begins_at_the_racing_day_asked_for(monkeypatch):
    for name in ("CLOCK_SPEED", "CLOCK_ORIGIN", "CLOCK_START"):
        monkeypatch.delenv(name, raising=False)
    day = date(2026, 9, 27)
    clock = clock_for(day, 60.0)
    assert clock.start == racing_day_bounds(day)[0]
    assert clock.speed == 60.0
    assert clock_for(None, None) == Clock()


def test_a_clock_of_the_environment_is_shared(monkeypatch):
    monkeypatch.setenv("CLOCK_SPEED", "60")
    monkeypatch.setenv("CLOCK_ORIGIN", "2026-07-01T00:00:00Z")
    monkeypatch.setenv("CLOCK_START", "2026-03-01T00:00:00Z")
    given = Clock(60.0, datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    assert clock_for(None, None) == clock_for(None, 60.0) == given
    assert clock_for(date(2026, 7, 18), None).origin == given.origin
