"""A recording served in the TAB's place: each body from the instant it was due at."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import requests

from local.tab.recording import NoRecordingError
from local.tab.replay import Replay, replay
from local.tab.site import Wrong
from shared.clock import Clock, real_now
from workers.upstream.record import CARD, Entry, Recorder

AT = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
DAY = date(2026, 11, 18)
EVENT = "/affiliates/v1/racing/events/r1"
MEETINGS = "/affiliates/v1/racing/meetings"
NAMES = {"From": "a@example.test", "X-Partner": "a", "X-Partner-ID": "a"}


def kept(recorder, minutes, body, *, path=EVENT, name="r1", kind="race", late_s=2, outcome="changed", **changes):
    due = AT + timedelta(minutes=minutes)
    at = due + timedelta(seconds=late_s)
    recorder.keep(DAY, name, Entry(kind, path, at, at, at, outcome, body, due_at=due, **changes))


@pytest.fixture
def folder(tmp_path):
    recorder = Recorder(tmp_path)
    kept(recorder, 0, b'{"n":0}')
    kept(recorder, 5, None)
    kept(recorder, 6, b'{"n":5.9}', outcome="retried", late_s=1)
    kept(recorder, 6, b'{"n":6}')
    kept(recorder, 900, b"boom", status=500)
    for page in (0, 100):
        path = f"{MEETINGS}?date_from={DAY}&offset={page}"
        kept(recorder, 1, b'{"page":%d}' % page, path=path, name=CARD, kind="meetings")
    return tmp_path


def asked(site, minutes, target=EVENT):
    return json.loads(site.answer(target, AT + timedelta(minutes=minutes), identified=True).body.plain)


def test_each_body_is_served_from_the_instant_it_was_due_at_however_late_it_was_asked_then(folder):
    site = Replay(folder)
    assert asked(site, 0) == {"n": 0}
    assert asked(site, 4.9) == {"n": 0}
    assert asked(site, 6) == {"n": 6}
    assert asked(site, 600) == {"n": 6}


@pytest.mark.parametrize(
    ("target", "minutes", "code"),
    [
        (EVENT, -1, 404),
        (EVENT, 5.5, 503),
        (EVENT, 901, 500),
        ("/affiliates/v1/racing/events/r2", 1, 404),
        (f"{MEETINGS}/m1", 1, 404),
    ],
    ids=[
        "before the recording",
        "where no answer came",
        "where an error came",
        "a race that is not in it",
        "a meeting that is not in it",
    ],
)
def test_what_is_not_recorded_is_refused(folder, target, minutes, code):
    with pytest.raises(Wrong) as refused:
        asked(Replay(folder), minutes, target)
    assert refused.value.code == code


def test_pages_of_the_card_are_told_apart(folder):
    query = f"{MEETINGS}?date_to={DAY}&date_from={DAY}&limit=100&offset="
    assert [asked(Replay(folder), 2, query + page) for page in ("0", "100")] == [{"page": 0}, {"page": 100}]


def test_time_begins_at_the_first_instant_recorded(folder):
    assert Replay(folder).begins == AT


def test_it_is_served_over_http_gzipped_to_whoever_identifies_himself(folder):
    tab = replay(folder, clock=Clock(60, real_now(), AT + timedelta(minutes=7)))
    try:
        answer = requests.get(tab.url + EVENT, headers=NAMES, timeout=10)
        assert (answer.status_code, answer.headers["Content-Encoding"], answer.json()) == (200, "gzip", {"n": 6})
        assert requests.get(tab.url + EVENT, timeout=10).status_code == 403
    finally:
        tab.stop()


def test_one_recorded_answer_is_served_at_every_instant(tmp_path):
    body = {"header": {"generated_time": "2025-07-17T00:10:00.123456Z"}, "data": {"race": {"event_id": "r1"}}}
    file = tmp_path / "event.json"
    file.write_text(json.dumps(body))
    site = Replay(file)
    assert site.begins == datetime(2025, 7, 17, 0, 10, tzinfo=UTC)
    assert asked(site, 0) == asked(site, 10_000) == body


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"data":null}', '{"data":{}}'])
def test_a_file_that_is_no_answer_is_named(tmp_path, text):
    file = tmp_path / "event.json"
    file.write_text(text)
    with pytest.raises(NoRecordingError, match=r"event\.json"):
        Replay(file)
