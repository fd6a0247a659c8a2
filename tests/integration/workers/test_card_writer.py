"""The day's card into the database, and what of it polls overrule."""

from datetime import date, timedelta

import pytest

from shared.errors import NotLeader
from tests.fixtures.answers import DAY, MEETING, RACE, START, answer, before_start, card, card_race
from tests.fixtures.store import open_store, until

pytestmark = pytest.mark.postgres
FIRST = f"{MEETING}-race-1"


def test_a_meeting_comes_with_its_races(store):
    assert store.card.write(card(), before_start(minutes=300)) == 3
    (meeting,) = store.rows("SELECT * FROM meetings")
    assert (meeting["meeting_name"], meeting["country"], meeting["race_type"]) == ("Awapuni", "NZ", "thoroughbred")
    assert (meeting["date"], meeting["status"], meeting["tote_status"]) == (DAY, "active", "Open")
    races = store.rows("SELECT * FROM races ORDER BY race_number")
    assert [race["race_number"] for race in races] == [1, 2, 3]
    assert {race["racing_day"] for race in races} == {DAY}
    assert {race["last_polled_at"] for race in races} == {None}
    assert [kind for race in races for kind in store.kinds(race["race_id"])] == ["race"] * 3


def test_the_same_card_again_changes_nothing(store):
    store.card.write(card(), before_start(minutes=300))
    before = store.dump()
    store.card.write(card(), before_start(minutes=200))
    assert store.dump() == before


def test_a_newer_card_moves_what_it_knows_and_tells_so(store):
    store.card.write(card(), before_start(minutes=300))
    later = START + timedelta(hours=1)
    moved = card_race(1, start_time=later, status="closed", track_condition="Soft5", weather="Rain")
    store.card.write(card(races=(moved,)), before_start(minutes=200))
    race = store.race(FIRST)
    assert (race["start_time"], race["status"], race["track_condition"]) == (later, "closed", "Soft5")
    assert sorted(store.kinds(FIRST)) == ["race", "start_time", "status", "track_condition", "weather"]


def test_a_card_without_conditions_keeps_the_known_ones(store):
    known = card_race(1, track_condition="Good4", weather="Fine")
    store.card.write(card(races=(known,)), before_start(minutes=300))
    store.card.write(card(races=(card_race(1, distance=None),), track_condition=None), before_start(minutes=200))
    race = store.race(FIRST)
    assert (race["track_condition"], race["weather"], race["distance"]) == ("Good4", "Fine", 1200)
    assert store.rows("SELECT track_condition FROM meetings")[0]["track_condition"] == "Good4"


def test_a_card_fetched_before_a_race_s_last_poll_changes_nothing_of_that_race(store):
    store.card.write(card(), before_start(minutes=300))
    store.write(answer(FIRST, status="closed"), before_start(minutes=30))
    before = store.race(FIRST), store.kinds(FIRST)
    store.card.write(card(races=(card_race(1, status="open", name="Old name"),)), before_start(minutes=31))
    assert (store.race(FIRST), store.kinds(FIRST)) == before


def test_a_card_never_nulls_what_a_poll_knows(store):
    store.card.write(card(), before_start(minutes=300))
    store.write(answer(FIRST, rail_position="True"), before_start(minutes=30))
    runners = store.entrants(FIRST)
    store.card.write(card(), before_start(minutes=15))
    assert store.entrants(FIRST) == runners
    assert store.race(FIRST)["rail_position"] == "True"
    assert store.race(FIRST)["last_polled_at"] == before_start(minutes=30)


def test_a_race_that_a_card_touched_is_written_anew_by_the_same_answer(store):
    """Else the card's word on it would stand until upstream's body happens to change."""
    store.card.write(card(), before_start(minutes=300))
    store.write(answer(FIRST, status="open"), before_start(minutes=30))
    store.card.write(card(races=(card_race(1, status="closed"),)), before_start(minutes=15))
    store.write(answer(FIRST, status="open"), before_start(minutes=14))
    assert store.race(FIRST)["status"] == "open"


def test_a_card_does_not_move_a_race_that_is_being_polled(store):
    """The card lags: its old start took a race out of the poller's sight for a quarter of an hour."""
    store.card.write(card(), before_start(minutes=300))
    store.write(answer(FIRST), before_start(minutes=50))
    old = card_race(1, start_time=START + timedelta(minutes=18), status="closed")
    store.card.write(card(races=(old,)), before_start(minutes=49))
    assert (store.race(FIRST)["start_time"], store.race(FIRST)["status"]) == (START, "open")
    store.card.write(card(races=(old,)), before_start(minutes=39))
    assert store.race(FIRST)["status"] == "closed"


def test_a_card_under_another_epoch_is_refused_and_changes_nothing(store):
    store.card.write(card(), before_start(minutes=300))
    before, epoch = store.dump(), store.leadership.epoch
    store.card.epoch = lambda: epoch - 1
    with pytest.raises(NotLeader):
        store.card.write(card(races=(card_race(1, status="closed"),)), before_start(minutes=200))
    assert store.dump() == before


def test_a_refused_card_does_not_spoil_the_next_one_on_its_connection(database_url):
    with open_store(database_url, size=1) as store:
        epoch = store.leadership.epoch
        store.card.epoch = lambda: epoch - 1
        with pytest.raises(NotLeader):
            store.card.write(card(), before_start(minutes=300))
        store.card.epoch = lambda: epoch
        assert store.card.write(card(), before_start(minutes=300)) == 3


def test_a_meeting_whose_races_are_all_over_is_completed_and_active_again_with_a_new_one(store):
    over = card(races=(card_race(1, status="final"), card_race(2, status="abandoned")))
    store.card.write(over, before_start(minutes=300))
    assert store.rows("SELECT status FROM meetings")[0]["status"] == "completed"
    store.card.write(card(races=(card_race(3),)), before_start(minutes=200))
    assert store.rows("SELECT status FROM meetings")[0]["status"] == "active"


def test_a_card_is_heard_of(store):
    with store.listening() as heard:
        store.card.write(card(), before_start(minutes=300))
        assert until(lambda: [payload for payload in heard(0.1) if '"meeting"' in payload], "the notice")


# What the workers ask of what is stored.


def test_races_in_the_window_are_to_be_polled_until_they_are_over(store):
    near = [
        card_race(n, start_time=START + timedelta(minutes=minutes)) for n, minutes in ((1, -121), (2, -119), (3, 59))
    ]
    near += [card_race(4, start_time=START + timedelta(minutes=61)), card_race(5, start_time=START, status="final")]
    near += [card_race(6, start_time=START, status="what")]
    store.card.write(card(races=tuple(near)), before_start(minutes=300))
    found = store.schedule.races_to_poll(START - timedelta(hours=2), START + timedelta(hours=1))
    assert [race.race_id[-1] for race in found] == ["2", "6", "3"]
    assert found[0].racing_day == DAY
    assert found[0].last_polled_at is None


def test_the_next_races_of_a_day_without_runners_come_by_their_start(store):
    store.card.write(card(), before_start(minutes=300))
    store.card.write(card("meeting-2", races=(1,), date=date(2026, 7, 18)), before_start(minutes=300))
    store.write(answer(f"{MEETING}-race-2", start_time=START + timedelta(minutes=60)), before_start(minutes=30))
    found = store.schedule.races_without_entrants(DAY, START, 20)
    assert [race.race_id[-1] for race in found] == ["1", "3"]
    assert len(store.schedule.races_without_entrants(DAY, START, 1)) == 1
    assert store.schedule.races_without_entrants(DAY, START + timedelta(hours=5), 20) == []


def test_runs_are_remembered_by_their_good_and_their_last_start(store):
    for minute, outcome in ((1, "success"), (2, "partial"), (3, "failed")):
        began = before_start(minutes=60 - minute)
        run = store.schedule.begin_run("daily-meetings", DAY, "schedule", began)
        store.schedule.finish_run(
            run, finished_at=began, duration_ms=1, peak_memory_bytes=1, records=1, api_calls=1, errors=0,
            messages=["so"], outcome=outcome,
        )  # fmt: skip
    good, tried = store.schedule.last_runs(before_start(minutes=120))
    assert (good["daily-meetings"], tried["daily-meetings"]) == (before_start(minutes=58), before_start(minutes=57))
    assert store.schedule.last_runs(before_start(minutes=0)) == ({}, {})


def test_a_run_whose_worker_died_is_closed_as_failed(store):
    store.schedule.begin_run("daily-meetings", DAY, "schedule", before_start(minutes=60))
    store.schedule.close_lost_runs(before_start(minutes=50))
    (run,) = store.rows("SELECT * FROM job_runs")
    assert (run["outcome"], run["finished_at"]) == ("failed", before_start(minutes=50))


def test_a_day_without_a_card_is_known_to_have_none(store):
    assert not store.schedule.has_card(DAY)
    store.write(answer(RACE, entrants=[]), before_start(minutes=30))
    assert store.schedule.has_card(DAY)
