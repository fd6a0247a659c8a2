"""The day's card: bad meetings and races are refused by themselves."""

from datetime import UTC, date, datetime

import pytest

from shared.errors import PayloadError, Unavailable
from tests.fixtures.builders import DROP, card_body, card_meeting, card_race, identity
from workers.upstream.parse_card import parse_card


def fields(card):
    return [fault.field for fault in card.faults]


def test_meetings_come_with_their_races():
    card = parse_card(card_body(2))
    first = card.meetings[0]
    assert (card.listed, card.faults) == (2, ())
    assert (first.meeting_id, first.meeting_name, first.date) == (identity("meeting", 1), "Park 1", date(2025, 7, 17))
    assert (first.race_type, first.tote_status) == ("thoroughbred", "Open")
    assert [race.race_number for race in first.races] == [1, 2, 3]
    assert first.races[0].start_time == datetime(2025, 7, 17, 1, 30, tzinfo=UTC)
    assert first.races[0].status == "open"


def test_greyhounds_are_skipped_in_silence_and_other_countries_left_to_the_job():
    card = parse_card(
        card_body([card_meeting(1, category="G"), card_meeting(2, country="TUR"), card_meeting(3, category="H")])
    )
    assert [(meeting.country, meeting.category) for meeting in card.meetings] == [("TUR", "T"), ("NZ", "H")]
    assert (card.listed, card.faults) == (3, ())


@pytest.mark.parametrize("field", ["meeting", "name", "date", "country", "category"])
@pytest.mark.parametrize("value", [DROP, None, "", "a\0b", [], "x" * 501])
def test_a_bad_meeting_is_refused_by_itself(field, value):
    card = parse_card(card_body([card_meeting(1), card_meeting(2, **{field: value}), card_meeting(3)]))
    assert [meeting.meeting_name for meeting in card.meetings] == ["Park 1", "Park 3"]
    assert fields(card) == [f"data.meetings[1].{field}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", DROP),
        ("id", "a\0b"),
        ("race_number", "x"),
        ("start_time", "soon"),
        ("start_time", DROP),
        ("start_time", "0001-01-01T00:00:00Z"),
        ("start_time", "2025-07-17T01:30:00"),
    ],
)
def test_a_bad_race_is_refused_by_itself(field, value):
    races = [card_race(1), card_race(2), card_race(3, **{field: value}), card_race(4)]
    card = parse_card(card_body([card_meeting(1), card_meeting(2, races=races)]))
    assert [race.race_number for race in card.meetings[1].races] == [1, 2, 4]
    assert fields(card) == [f"data.meetings[1].races[2].{field}"]


def test_a_bad_name_or_distance_costs_itself_alone():
    card = parse_card(card_body([card_meeting(1, races=[card_race(4, name="a\0b", distance="far")])]))
    race = card.meetings[0].races[0]
    assert (race.name, race.distance) == ("Race 4", None)
    assert len(card.faults) == 2


def test_a_special_keeps_its_number_zero_for_the_job_to_skip():
    assert parse_card(card_body([card_meeting(1, races=[card_race(0)])])).meetings[0].races[0].race_number == 0


@pytest.mark.parametrize("races", [None, DROP, []])
def test_a_meeting_may_have_no_races_yet(races):
    card = parse_card(card_body([card_meeting(1, races=races)]))
    assert (card.meetings[0].races, card.faults) == ((), ())


def test_what_comes_twice_is_taken_once():
    twice = [card_meeting(1, races=[card_race(1), card_race(1)]), card_meeting(1)]
    card = parse_card(card_body(twice))
    assert (len(card.meetings), len(card.meetings[0].races)) == (1, 1)
    assert fields(card) == ["data.meetings[0].races[1].id", "data.meetings[1].meeting"]


@pytest.mark.parametrize("body", [b"{}", b'{"data":null}', b'{"data":{}}', b'{"data":{"meetings":null}}', b"[]"])
def test_a_body_without_meetings_is_a_payload_error(body):
    with pytest.raises(PayloadError):
        parse_card(body)


def test_a_cut_off_card_is_unavailable():
    with pytest.raises(Unavailable):
        parse_card(card_body()[:-3])
