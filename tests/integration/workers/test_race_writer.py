"""One race's answer into the database: what is written, what is kept, what is refused."""

import json
from datetime import UTC, date, timedelta
from decimal import Decimal

import psycopg
import pytest

from shared.errors import NotLeader, OlderAnswer, StoreError
from shared.models import Dividend, Fault, Odds, ResultRow
from tests.fixtures.answers import (
    DAY,
    MEETING,
    RACE,
    START,
    answer,
    before_start,
    card,
    entrant,
    entrant_id,
    hashed,
    money,
    odds,
    pools,
    record,
)
from tests.fixtures.store import RACING, open_store, until

pytestmark = pytest.mark.postgres

NO_PRICE = odds(None, None, None, None)
ONE = entrant_id(1)


def differing(before, after):
    return {name for name in RACING if before[name] != after[name]}


def test_the_first_answer_stores_the_race_with_everything_in_it(store):
    written = store.write(answer(), before_start(minutes=30))
    assert written.outcome == "changed"
    race = store.race()
    assert (race["status"], race["racing_day"], race["race_number"]) == ("open", DAY, 3)
    assert race["start_time"] == START
    assert race["last_polled_at"] == before_start(minutes=30)
    assert [row["fixed_win"] for row in store.entrants().values()] == [Decimal("3.00")] * 3
    assert [row["hold_percentage"] for row in store.entrants().values()] == [30, 50, 20]
    assert [row["win_pool_amount"] for row in store.entrants().values()] == [30_000, 50_000, 20_000]
    assert [row["place_pool_amount"] for row in store.entrants().values()] == [12_000, 20_000, 8_000]
    assert len(store.odds_history()) == 12
    assert len(store.flows()) == 3
    assert len(store.buckets()) == 3
    assert len(store.table("race_pools_history")) == 1
    assert set(written.kinds) == {"race", "odds", "money_flow", "pools"}
    (poll,) = store.table("polls")
    assert (poll["outcome"], poll["reason"], poll["bytes"], poll["worker_id"]) == (
        "changed",
        "poll",
        200_000,
        "worker-1",
    )
    assert poll["epoch"] == store.leadership.epoch


def test_the_same_answer_again_in_its_bucket_adds_a_polls_row_and_nothing_else(store):
    store.write(answer(), before_start(minutes=32))
    before = store.dump()
    written = store.write(answer(), before_start(minutes=31))
    after = store.dump()
    assert (written.outcome, written.kinds) == ("unchanged", ())
    assert differing(before, after) == {"polls", "races"}  # the race's age, and nothing else of it
    assert len(after["polls"]) == 2
    race = store.race()
    assert race["last_polled_at"] == before_start(minutes=31)
    assert race["last_changed_at"] == before_start(minutes=32)
    assert race["updated_at"] == before_start(minutes=32)


def test_the_same_answer_in_a_bucket_that_had_none_adds_its_bucket_rows_and_nothing_else(store):
    store.write(answer(), before_start(minutes=32))
    before = store.dump()
    written = store.write(answer(), before_start(minutes=27))
    after = store.dump()
    assert (written.outcome, written.kinds) == ("unchanged", ())
    assert differing(before, after) == {"polls", "races", "money_flow_buckets"}
    assert store.race()["last_changed_at"] == before_start(minutes=32)
    assert [(row["time_interval"], row["incremental_win_amount"]) for row in store.buckets(ONE)] == [(30, 0), (25, 0)]


def test_the_same_answer_of_a_closed_race_writes_no_bucket(store):
    store.write(answer(status="closed"), before_start(minutes=32))
    store.write(answer(status="closed"), before_start(minutes=27))
    assert store.buckets() == []
    assert len(store.table("polls")) == 2


def test_a_poll_replayed_with_its_own_instant_is_a_no_op(store):
    store.write(answer(), before_start(minutes=30))
    before = store.dump()
    store.write(answer(), before_start(minutes=30))
    assert store.dump() == before


def test_an_answer_fetched_before_the_last_one_is_refused_and_changes_nothing(store):
    store.write(answer(), before_start(minutes=30))
    before = store.dump()
    with pytest.raises(OlderAnswer):
        store.write(answer(status="closed", money=money({1: 1})), before_start(minutes=30, seconds=1))
    assert store.dump() == before


@pytest.mark.parametrize("epoch_of", [lambda epoch: epoch - 1, lambda epoch: epoch + 1, lambda _: -1])
def test_a_write_under_another_epoch_is_refused_and_changes_nothing(store, epoch_of):
    store.write(answer(), before_start(minutes=30))
    before, epoch = store.dump(), store.leadership.epoch
    store.writer.epoch = lambda: epoch_of(epoch)
    with pytest.raises(NotLeader):
        store.write(answer(status="closed"), before_start(minutes=29))
    assert store.dump() == before


def test_a_refused_write_does_not_spoil_the_next_one_on_its_connection(database_url):
    with open_store(database_url, size=1) as store:
        store.writer.ensure_days(DAY, 1)
        epoch = store.leadership.epoch
        store.writer.epoch = lambda: epoch - 1
        with pytest.raises(NotLeader):
            store.write(answer(), before_start(minutes=30))
        store.writer.epoch = lambda: epoch
        store.write(answer(), before_start(minutes=29))
        assert len(store.entrants()) == 3


def test_a_day_without_a_partition_is_made_and_written(database_url):
    with open_store(database_url) as store:
        store.write(answer(), before_start(minutes=30))
        assert len(store.odds_history()) == 12
        assert [row["racing_day"] for row in store.table("polls")] == [DAY]


def test_the_day_that_is_made_is_the_one_the_race_is_stored_under(database_url):
    """A race keeps the racing day of its meeting even where its own answer names another."""
    with open_store(database_url) as store:
        far = date(2026, 9, 1)
        store.card.write(card(date=far, races=()), before_start(minutes=90))
        store.write(answer(), before_start(minutes=30))
        assert store.race()["racing_day"] == far
        assert {row["racing_day"] for row in store.odds_history()} == {far}


def test_a_failed_poll_of_a_day_without_a_partition_is_recorded(database_url):
    with open_store(database_url) as store:
        store.writer.write_failure(RACE, DAY, record(before_start(minutes=30)), ValueError("what"))
        (poll,) = store.table("polls")
        assert (poll["outcome"], poll["error"]) == ("internal", "ValueError")


def test_a_race_of_an_unknown_meeting_brings_its_meeting(store):
    store.write(answer(), before_start(minutes=30))
    (meeting,) = store.rows("SELECT * FROM meetings")
    assert (meeting["meeting_id"], meeting["meeting_name"], meeting["date"]) == (MEETING, "Awapuni", DAY)
    assert (meeting["race_type"], meeting["category"], meeting["country"]) == ("thoroughbred", "T", "NZ")
    assert meeting["status"] == "active"


def test_a_known_meeting_gives_its_date_as_the_race_s_racing_day_and_keeps_its_own_words(store):
    store.card.write(card(date=DAY + timedelta(days=1), races=()), before_start(minutes=90))
    store.write(answer(meeting_name="Another name"), before_start(minutes=30))
    assert store.race()["racing_day"] == DAY + timedelta(days=1)
    assert store.rows("SELECT meeting_name FROM meetings")[0]["meeting_name"] == "Awapuni"


def test_a_moved_start_never_changes_the_racing_day(store):
    store.write(answer(), before_start(minutes=30))
    later = START + timedelta(days=1)
    store.write(answer(start_time=later, racing_day=DAY + timedelta(days=1)), before_start(minutes=29))
    assert (store.race()["racing_day"], store.race()["start_time"]) == (DAY, later)
    assert {row["racing_day"] for row in store.flows() + store.odds_history() + store.table("polls")} == {DAY}
    (moved,) = [row for row in store.changes() if row["kind"] == "start_time"]
    assert set(moved["payload"]) == {"from", "to"}


def test_an_entrant_id_met_under_another_race_fails_neither(store):
    twin = entrant(1, RACE)
    store.write(answer(), before_start(minutes=30))
    store.write(answer("race-2", entrants=[twin]), before_start(minutes=29))
    assert [len(store.table("entrants", race)) for race in (RACE, "race-2")] == [3, 1]


# Absent is not null (DOMAIN §4).


def test_an_answer_without_a_tracker_keeps_what_is_known_of_it(store):
    store.write(answer(), before_start(minutes=30))
    store.write(answer(money=None, pools=pools(win=200_000)), before_start(minutes=29))
    runner = store.entrants()[1]
    assert (runner["hold_percentage"], runner["bet_percentage"]) == (30, 29)
    assert runner["win_pool_amount"] == 60_000  # the new pool by the known hold
    assert store.race()["tracker_removed"] == {}


def test_a_runner_missing_from_a_tracker_that_is_there_is_null_now(store):
    store.write(answer(), before_start(minutes=30))
    store.write(answer(money=money({2: 60, 3: 40})), before_start(minutes=29))
    runner = store.entrants()[1]
    assert [runner[key] for key in ("hold_percentage", "bet_percentage", "win_pool_amount")] == [None] * 3


def test_an_answer_without_pools_keeps_totals_and_amounts(store):
    store.write(answer(), before_start(minutes=30))
    store.write(answer(pools=None, money=money({1: 40, 2: 40, 3: 20})), before_start(minutes=29))
    (stored,) = store.table("race_pools")
    assert (stored["win_pool_total"], stored["total_race_pool"]) == (100_000, 140_000)
    assert store.entrants()[1]["win_pool_amount"] == 40_000
    assert len(store.table("race_pools_history")) == 1


def test_a_pool_missing_from_pools_that_are_there_is_null_now(store):
    store.write(answer(), before_start(minutes=30))
    store.write(answer(pools=pools()[1:]), before_start(minutes=29))
    (stored,) = store.table("race_pools")
    assert (stored["win_pool_total"], stored["place_pool_total"], stored["total_race_pool"]) == (None, 40_000, 40_000)
    assert store.entrants()[1]["win_pool_amount"] is None
    assert len(store.table("race_pools_history")) == 2


def test_prices_an_answer_does_not_speak_of_are_kept_and_those_it_gives_as_nothing_are_null(store):
    store.write(answer(), before_start(minutes=30))
    only_fixed = Odds(fixed_win=None, fixed_place=Decimal("1.80"), given=frozenset({"fixed_win", "fixed_place"}))
    store.write(answer(entrants=[entrant(1, odds=only_fixed), entrant(2), entrant(3)]), before_start(minutes=29))
    runner = store.entrants()[1]
    assert (runner["fixed_win"], runner["fixed_place"]) == (None, Decimal("1.80"))
    assert (runner["pool_win"], runner["pool_place"]) == (Decimal("3.00"), Decimal("1.60"))


def test_a_runner_missing_from_an_answer_stays(store):
    store.write(answer(), before_start(minutes=30))
    store.write(answer(entrants=[entrant(1), entrant(2)]), before_start(minutes=29))
    assert store.entrants()[3]["fixed_win"] == Decimal("3.00")


def test_what_a_race_leaves_out_keeps_its_stored_value(store):
    store.write(answer(rail_position="True", actual_start=START), before_start(minutes=30))
    store.write(answer(distance=None, track_condition=None, weather=None), before_start(minutes=29))
    race = store.race()
    assert (race["distance"], race["track_condition"], race["weather"]) == (1200, "Good4", "Fine")
    assert (race["rail_position"], race["actual_start"]) == ("True", START)
    assert not {"track_condition", "weather"} & set(store.kinds())


def test_results_that_an_answer_leaves_out_stay_known(store):
    first = ResultRow(1, 1, ONE, "Runner 1")
    paid = Dividend("d1", "NZ", "Pool Win", "Final", Decimal("3.7"))
    store.write(answer(status="interim", results=(first,)), before_start(minutes=-6))
    store.write(answer(status="final", dividends=(paid,)), before_start(minutes=-7))
    store.write(answer(status="final"), before_start(minutes=-8))
    revisions = store.table("race_results", order="revision")
    assert [(row["revision"], row["result_status"]) for row in revisions] == [(1, "interim"), (2, "final")]
    assert [row["entrant_id"] for row in revisions[-1]["results"]] == [ONE]
    assert [row["dividend"] for row in revisions[-1]["dividends"]] == [3.7]
    assert store.race()["result_status"] == "final"


def test_results_get_a_revision_whenever_any_of_it_changes_and_none_otherwise(store):
    def result(number):
        return (ResultRow(1, number, entrant_id(number), f"Runner {number}", margin=Decimal("0.4")),)

    store.write(answer(status="final", results=result(1)), before_start(minutes=-6))
    store.write(answer(status="final", results=result(1), weather="Rain"), before_start(minutes=-7))
    store.write(answer(status="final", results=result(2)), before_start(minutes=-8))
    changed = answer(status="final", results=result(2), protest=True, protest_reason="2nd against 1st DISMISSED")
    store.write(changed, before_start(minutes=-9))
    revisions = store.table("race_results", order="revision")
    assert [row["results"][0]["runner_number"] for row in revisions] == [1, 2, 2]
    assert revisions[-1]["protest_text"] == "2nd against 1st DISMISSED"
    assert store.kinds().count("results") == 3


# Prices.


def test_a_scratched_runner_has_no_price_from_then_on_and_its_history_says_when(store):
    store.write(answer(), before_start(minutes=30))
    gone = entrant(1, is_scratched=True, scratch_time=before_start(minutes=29))  # upstream repeats the stale odds
    for minutes in (29, 28):
        store.write(answer(entrants=[gone, entrant(2), entrant(3)], distance=1000 + minutes), before_start(minutes))
    runner = store.entrants()[1]
    assert [runner[kind] for kind in ("fixed_win", "fixed_place", "pool_win", "pool_place")] == [None] * 4
    history = store.odds_history(entrant_id=ONE)
    assert len(history) == 8
    assert {(row["type"], row["odds"]) for row in history[4:]} == {
        (kind, None) for kind in ("fixed_win", "fixed_place", "pool_win", "pool_place")
    }
    assert {row["event_timestamp"] for row in history[4:]} == {before_start(minutes=29)}
    assert store.kinds().count("scratching") == 1


def test_a_price_has_a_row_for_every_change_also_to_and_from_nothing_and_none_for_no_change(store):
    seen = [3.0, 3.0, None, None, 3.0, 3.05, 3.05]
    for minute, value in enumerate(seen):
        runner = entrant(1, odds=odds(fixed_win=value))
        store.write(answer(entrants=[runner], distance=1000 + minute), before_start(minutes=30 - minute))
    rows = store.odds_history(type="fixed_win")
    assert [row["odds"] for row in rows] == [Decimal("3.00"), None, Decimal("3.00"), Decimal("3.05")]
    assert [row["event_timestamp"] for row in rows] == [before_start(minutes) for minutes in (30, 28, 26, 25)]
    assert {row["source"] for row in rows} == {"poll"}


def test_a_price_never_seen_has_no_row(store):
    store.write(answer(entrants=[entrant(1, odds=NO_PRICE)]), before_start(minutes=30))
    assert store.odds_history() == []


def test_odds_pools_and_current_figures_follow_every_answer_after_the_close_and_money_flow_does_not(store):
    store.write(answer(), before_start(minutes=1))
    late = answer(
        status="closed", pools=pools(win=200_000), entrants=[entrant(1, odds=odds(2.5)), entrant(2), entrant(3)],
        money=money({1: 40, 2: 40, 3: 20}),
    )  # fmt: skip
    store.write(late, before_start(minutes=-2))
    assert (len(store.flows()), len(store.buckets())) == (3, 3)
    runner = store.entrants()[1]
    assert (runner["fixed_win"], runner["hold_percentage"], runner["win_pool_amount"]) == (Decimal("2.50"), 40, 80_000)
    assert store.odds_history(type="fixed_win", entrant_id=ONE)[-1]["odds"] == Decimal("2.50")
    assert len(store.table("race_pools_history")) == 2
    assert "money_flow" not in [row["kind"] for row in store.changes() if row["at"] == before_start(minutes=-2)]


def test_money_flow_has_a_row_only_for_the_runners_whose_figures_changed(store):
    store.write(answer(), before_start(minutes=30))
    store.write(answer(money=money({1: 30, 2: 45, 3: 25})), before_start(minutes=28))
    store.write(answer(money=money({1: 30, 2: 45, 3: 25}), weather="Rain"), before_start(minutes=27))
    at_28 = store.flows(polling_timestamp=before_start(minutes=28))
    assert [row["entrant_id"] for row in at_28] == [entrant_id(2), entrant_id(3)]
    assert [row["incremental_win_amount"] for row in at_28] == [-5_000, 5_000]
    assert [row["time_to_start_seconds"] for row in at_28] == [28 * 60] * 2
    assert store.flows(polling_timestamp=before_start(minutes=27)) == []


def test_opening_closing_high_and_low_follow_the_prices_seen_while_open(store):
    steps = [(30, "open", 3.0), (20, "open", 4.0), (10, "open", 2.5), (5, "open", None), (1, "closed", 9.0)]
    for minutes, status, value in steps:
        store.write(answer(entrants=[entrant(1, odds=odds(value))], status=status), before_start(minutes))
    runner = store.entrants()[1]
    assert (runner["opening_price"], runner["closing_price"]) == (Decimal("3.00"), Decimal("2.50"))
    assert (runner["high_price"], runner["low_price"]) == (Decimal("4.00"), Decimal("2.50"))


def test_no_price_after_the_actual_start_is_the_closing_price(store):
    started = START + timedelta(minutes=2)
    store.write(answer(entrants=[entrant(1, odds=odds(3.0))]), before_start(minutes=1))
    store.write(answer(entrants=[entrant(1, odds=odds(2.0))], actual_start=started), before_start(minutes=-3))
    assert store.entrants()[1]["closing_price"] == Decimal("3.00")


def test_rows_of_runners_that_left_are_kept_apart(store):
    tracked = money({1: 40, 2: 52}) | {"gone": money({9: 8})[entrant_id(9)]}
    store.write(answer(money=tracked), before_start(minutes=30))
    assert store.race()["tracker_removed"] == {"gone": {"hold_percentage": 8, "bet_percentage": 7}}
    assert len(store.entrants()) == 3
    assert store.entrants()[1]["hold_percentage"] == 40


# The change feed and its notices.


def test_each_kind_of_change_comes_into_the_feed_once(store):
    store.write(answer(), before_start(minutes=30))
    second = answer(
        status="closed", start_time=START + timedelta(minutes=1), track_condition="Soft5", weather="Rain",
        entrants=[entrant(1, is_scratched=True), entrant(2, odds=odds(2.2)), entrant(3)], pools=pools(win=1),
    )  # fmt: skip
    written = store.write(second, before_start(minutes=29))
    wanted = ["odds", "pools", "scratching", "start_time", "status", "track_condition", "weather"]
    assert sorted(written.kinds) == wanted
    (status,) = [row for row in store.changes() if row["kind"] == "status"]
    assert (status["payload"], status["at"]) == ({"from": "open", "to": "closed"}, before_start(minutes=29))
    assert status["meeting_id"] == MEETING


def test_a_notice_names_the_kinds_that_were_committed_and_a_bare_poll_has_none(store):
    with store.listening() as heard:
        first = store.write(answer(), before_start(minutes=30))
        store.write(answer(), before_start(minutes=29, seconds=59))
        notices = [json.loads(payload) for payload in until(lambda: _at_least(heard, 2), "two notices")]
    assert [notice["race_id"] for notice in notices] == [RACE, RACE]
    assert [sorted(notice["kinds"]) for notice in notices] == [sorted(first.kinds), []]


def _at_least(heard, number, gathered=None):
    gathered = heard.__dict__.setdefault("gathered", [])
    gathered.extend(heard(0.2))
    return gathered if len(gathered) >= number else None


def test_a_refused_write_is_not_heard_of(store):
    store.write(answer(), before_start(minutes=30))
    with store.listening() as heard:
        with pytest.raises(OlderAnswer):
            store.write(answer(status="closed"), before_start(minutes=31))
        store.write(answer(status="interim"), before_start(minutes=29))  # so that silence is no accident
        payloads = until(lambda: _at_least(heard, 1), "a notice")
    assert len(payloads) == 1


def test_faults_and_the_upstream_s_own_error_are_on_the_poll_s_row(store):
    made = answer(faults=(Fault("data.runners[2]", "no id"),), upstream_error="partial data")
    store.write(made, before_start(minutes=30))
    (poll,) = store.table("polls")
    assert (poll["faults"], poll["error"]) == ([{"field": "data.runners[2]", "reason": "no id"}], "partial data")


def test_a_meeting_is_completed_by_its_last_terminal_race(store):
    store.card.write(card(races=()), before_start(minutes=90))
    store.write(answer("race-a"), before_start(minutes=30))
    store.write(answer("race-b", status="final"), before_start(minutes=29))
    assert store.rows("SELECT status FROM meetings")[0]["status"] == "active"
    store.write(answer("race-a", status="abandoned"), before_start(minutes=28))
    assert store.rows("SELECT status FROM meetings")[0]["status"] == "completed"


def test_every_stored_instant_is_the_poll_s_to_the_microsecond_in_utc(store):
    at = before_start(minutes=30) + timedelta(microseconds=123_457)
    store.write(answer(), at)
    stamps = [store.race()["last_polled_at"], store.changes()[0]["at"]]
    stamps += [row["event_timestamp"] for row in store.odds_history()]
    stamps += [row["polling_timestamp"] for row in store.flows() + store.buckets()]
    assert {stamp.astimezone(UTC) for stamp in stamps} == {at}


def test_no_column_of_the_schema_forgets_its_time_zone(store):
    bare = store.rows(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type LIKE 'timestamp without%%'"
    )
    assert bare == []


def test_a_value_no_column_can_hold_is_a_store_error_and_leaves_the_state_whole(store):
    store.write(answer(), before_start(minutes=30))
    before = store.dump()
    with pytest.raises(StoreError) as raised:
        store.write(answer(entrants=[entrant(1, name="a\x00b")]), before_start(minutes=29))
    assert isinstance(raised.value.__cause__, psycopg.Error)
    assert store.dump() == before
    store.write(hashed(answer(weather="Rain")), before_start(minutes=28))
    assert store.race()["weather"] == "Rain"
