"""The recorded answers, parsed: reached through RACEDAY_TAB_API, skipped without it."""

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from workers.upstream.parse_card import parse_card
from workers.upstream.parse_race import parse_race

FOLDER = os.environ.get("RACEDAY_TAB_API")
pytestmark = pytest.mark.skipif(not FOLDER, reason="RACEDAY_TAB_API does not name the recorded answers")
EVENTS = sorted(path for path in Path(FOLDER or ".").glob("samples/*.json") if "meeting" not in path.name)
FULL = "race-event-full-response.json"


def load(name):
    raw = (Path(FOLDER) / "samples" / name).read_bytes()
    return json.loads(raw)["data"], raw


def event(name):
    data, raw = load(name)
    return parse_race(raw, data["race"]["event_id"]), data


@pytest.mark.parametrize("name", [path.name for path in EVENTS])
def test_every_recorded_event_is_parsed_whole(name):
    answer, data = event(name)
    assert answer.faults == ()
    assert answer.status == data["race"]["status"].lower()
    assert [entrant.entrant_id for entrant in answer.entrants] == [row["entrant_id"] for row in data["runners"]]
    for entrant, row in zip(answer.entrants, data["runners"], strict=True):
        given = {} if row["scratch_time"] or row["is_scratched"] else row["odds"]
        for kind in ("fixed_win", "fixed_place", "pool_win", "pool_place"):
            expected = Decimal(str(given.get(kind) or 0)) or None
            assert getattr(entrant.odds, kind) == expected
        assert entrant.is_scratched == bool(row["is_scratched"])
    assert len(answer.results or ()) == len(data.get("results") or ())
    assert len(answer.dividends or ()) == len(data.get("dividends") or ())
    assert len(answer.pools or ()) == len(data.get("tote_pools") or ())


def test_the_recorded_race_has_its_known_figures():
    answer, _ = event(FULL)
    number_of = {entrant.entrant_id: entrant.runner_number for entrant in answer.entrants}
    holds = {
        number_of[entrant]: money.hold_percentage for entrant, money in answer.money.items() if entrant in number_of
    }
    assert holds == {6: 19, 5: 16, 4: 16, 2: 13, 7: 4, 3: 5, 1: 18, 8: 2}
    assert sum(m.hold_percentage for entrant, m in answer.money.items() if entrant not in number_of) == 8
    totals = {each.product_type: each.total_cents for each in answer.pools}
    assert totals == {
        "Win": 915138,
        "Place": 392351,
        "Quinella": 534106,
        "Trifecta": 797624,
        "FirstFour": 461792,
        "EarlyQuadrella": 812661,
    }
    assert [row.runner_number for row in answer.results] == [2, 4, 7, 6, 5, 1, 8, 3]
    assert answer.start_time == datetime(2025, 7, 17, 0, 50, tzinfo=UTC)


def test_the_whitespace_of_a_body_changes_no_figure():
    data, raw = load(FULL)
    minified = json.dumps(json.loads(raw), separators=(",", ":")).encode()
    race_id = data["race"]["event_id"]
    assert parse_race(minified, race_id).entrants == parse_race(raw, race_id).entrants


def test_the_recorded_card_is_parsed_whole():
    data, raw = load("meetings-list-response.json")
    card = parse_card(raw)
    rows = [row for row in data["meetings"] if row["category"] in "TH"]
    assert card.faults == ()
    assert card.listed == len(data["meetings"])
    assert [meeting.meeting_id for meeting in card.meetings] == [row["meeting"] for row in rows]
    assert sum(len(meeting.races) for meeting in card.meetings) == sum(len(row["races"]) for row in rows)
    assert {"NZ", "AUS"} < {meeting.country for meeting in card.meetings}


def test_the_recorded_meeting_is_parsed():
    data, raw = load("meeting-detail-response.json")
    (meeting,) = parse_card(raw).meetings
    assert (meeting.meeting_name, meeting.country, meeting.tote_status) == ("Grafton", "AUS", "Open")
    assert [race.race_id for race in meeting.races] == [row["id"] for row in data["meetings"][0]["races"]]
