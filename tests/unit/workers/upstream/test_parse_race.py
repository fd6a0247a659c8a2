"""Every row of DOMAIN "Facts that break naive code" that an event shows, and what a bad one does."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.errors import PayloadError, Unavailable
from shared.models import PRICE_KINDS, Money, is_terminal
from tests.fixtures.builders import (
    DROP,
    RACE_ID,
    START,
    as_body,
    changed,
    dividend,
    event,
    event_body,
    identity,
    pool,
    result,
    runner,
    tracker,
)
from workers.upstream.parse_race import parse_race

TRENDS = '<meetings><runner runner_number="1"><runner_investment1>12.345</runner_investment1></runner></meetings>'


def parsed(runners=4, race_changes=None, **changes):
    return parse_race(event_body(runners, race_changes=race_changes, **changes), RACE_ID)


def of(answer, number=1):
    return next(entrant for entrant in answer.entrants if entrant.runner_number == number)


def odds_of(odds, **changes):
    return of(parsed([runner(1, odds=odds, **changes)]))


def faults(answer):
    return {fault.field: fault.reason for fault in answer.faults}


def refused(field, **changes):
    with pytest.raises(PayloadError) as caught:
        parsed(**changes)
    assert caught.value.field == field


# -- the race


def test_a_plain_event_has_no_faults():
    answer = parsed()
    assert answer.faults == ()
    assert (answer.race_id, answer.name, answer.race_number, answer.status) == (RACE_ID, "MAIDEN 1200", 3, "open")
    assert (answer.country, answer.category, answer.prize_cents) == ("NZ", "T", 1_700_000)
    assert [entrant.runner_number for entrant in answer.entrants] == [1, 2, 3, 4]


def test_epoch_seconds_are_the_start_and_no_local_text_is_read():
    answer = parsed(race_changes={"start_time_nz": "03:00:00 NZDT", "advertised_start": START})
    assert answer.start_time == datetime(2025, 7, 17, 0, 50, tzinfo=UTC)


@pytest.mark.parametrize("start", [0, -5, 946_684_799, 4_102_444_800, START * 1000, None, "soon", 10**400])
def test_a_start_outside_our_time_refuses_the_race(start):
    refused("data.race.advertised_start", race_changes={"advertised_start": start})


def test_a_missing_actual_start_is_unknown():
    assert parsed(race_changes={"actual_start": 0}).actual_start is None
    assert parsed(race_changes={"actual_start": DROP}).actual_start is None


def test_a_wrong_actual_start_is_left_out_and_named():
    answer = parsed(race_changes={"actual_start": 5})
    assert answer.actual_start is None
    assert "data.race.actual_start" in faults(answer)


def test_the_racing_day_is_the_nz_date_that_upstream_gives():
    assert parsed(race_changes={"race_date_nz": "2025-07-16"}).racing_day == date(2025, 7, 16)


@pytest.mark.parametrize("text", [DROP, None, "", "17/07/2025", "0001-01-01"])
def test_without_a_date_the_racing_day_follows_from_the_start(text):
    two_in_the_morning = 1_752_674_400  # 2025-07-17 02:00 in New Zealand: still the 16th's racing day
    answer = parsed(race_changes={"race_date_nz": text, "advertised_start": two_in_the_morning})
    assert answer.racing_day == date(2025, 7, 16)


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("Open", "open"),
        ("Final", "final"),
        ("Finalized", "final"),
        ("FINALISED", "final"),
        ("Official", "final"),
        ("Canceled", "cancelled"),
        ("Abandoned", "abandoned"),
        ("Running", "live"),
        ("Live", "live"),
        ("Postponed", "postponed"),
        ("Something New", "something new"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_statuses_are_lower_case_with_aliases_mapped_and_unknown_ones_kept(given, ours):
    assert parsed(race_changes={"status": given}).status == ours


@pytest.mark.parametrize("status", ["Closed", "Interim", "Live", "Delayed", "Odd"])
def test_no_other_status_is_terminal(status):
    assert not is_terminal(parsed(race_changes={"status": status}).status)


def test_australia_is_aus():
    assert parsed(race_changes={"country": "AUS"}).country == "AUS"
    assert parsed(race_changes={"country": "AU"}).country == "AUS"
    refused("data.race.country", race_changes={"country": "UK"})


def test_other_codes_than_thoroughbred_and_harness_are_refused():
    assert parsed(race_changes={"type": "H"}).category == "H"
    refused("data.race.type", race_changes={"type": "G"})


def test_a_special_keeps_its_number_zero():
    assert parsed(race_changes={"race_number": 0}).race_number == 0


@pytest.mark.parametrize("field", ["event_id", "meeting_id", "advertised_start", "race_number", "type", "country"])
def test_a_race_without_what_we_need_is_refused_by_the_fields_name(field):
    refused(f"data.race.{field}", race_changes={field: DROP})
    refused(f"data.race.{field}", race_changes={field: None})
    refused(f"data.race.{field}", race_changes={field: {"a": []}})


def test_another_race_than_the_one_asked_for_is_refused():
    refused("data.race.event_id", race_changes={"event_id": identity("another")})


def test_a_race_without_a_meetings_name_is_refused():
    refused("data.race.meeting_name", race_changes={"meeting_name": "", "display_meeting_name": ""})


@pytest.mark.parametrize("name", ["a\0b", "x" * 100_000, 7, DROP, ""])
def test_a_bad_name_of_the_race_is_replaced_by_its_number_and_named(name):
    answer = parsed(race_changes={"description": name})
    assert answer.name == "Race 3"
    assert "data.race.description" in faults(answer)


@pytest.mark.parametrize("body", [b"", b"<html>", event_body()[:-1], b"\xff\xfe{", b"[" * 100_000, b'{"data":nul'])
def test_what_is_not_json_is_unavailable(body):
    with pytest.raises(Unavailable):
        parse_race(body, RACE_ID)


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b'"x"', b"5", b"{}", b'{"data":null}', b'{"data":[]}', b'{"data":{"race":null}}']
)
def test_json_without_a_race_is_a_payload_error(body):
    with pytest.raises(PayloadError):
        parse_race(body, RACE_ID)


def test_an_error_beside_a_complete_answer_is_kept_and_the_answer_used():
    answer = parsed(error="tote is late\0" + "x" * 900)
    assert answer.upstream_error.startswith("tote is latex")
    assert len(answer.upstream_error) <= 200
    assert len(answer.entrants) == 4


def test_a_protest_carries_its_text():
    answer = parsed(race_changes={"protest": True, "protest_reason": "2nd against 1st: DISMISSED"})
    assert (answer.protest, answer.protest_reason) == (True, "2nd against 1st: DISMISSED")


def test_unknown_properties_and_odd_ones_elsewhere_do_no_harm():
    answer = parsed(
        race_changes={"new": [1], "video_channels_meta": {"a": {}}, "prize_monies": None},
        big_bets=[{"id": identity("bet")}],
        favourite={"entrant_id": ""},
        mover=5,
        derivatives=[runner(1, entrant_id=identity("derivative"))],
    )
    assert answer.faults == ()
    assert len(answer.entrants) == 4
    assert answer.prize_cents is None


def test_the_hash_is_of_the_data_alone():
    body, later = event_body(), event_body(header={"generated_time": "2025-07-17T00:17:14Z"})
    moved = event_body(race_changes={"status": "Closed"})
    hashes = [parse_race(each, RACE_ID).data_hash for each in (body, later, moved)]
    assert body != later
    assert hashes[0] == hashes[1] != hashes[2]
    assert len(hashes[0]) == 32


# -- the runners


@pytest.mark.parametrize("other", [DROP, None, []])
def test_runners_or_entrants_whichever_is_there(other):
    payload = event()
    field = payload["data"].pop("runners")
    for name, empty in (("runners", "entrants"), ("entrants", "runners")):
        body = as_body({"data": changed(payload["data"], {name: field, empty: other})})
        answer = parse_race(body, RACE_ID)
        assert (len(answer.entrants), answer.faults) == (4, ())


def test_a_race_without_runners_goes_on_and_says_so():
    answer = parsed([])
    assert answer.entrants == ()
    assert "data.runners" in faults(answer)


def test_ten_thousand_runners_are_refused():
    refused("data.runners", runners=[runner(n) for n in range(1, 10_001)])


@pytest.mark.parametrize("field", ["entrant_id", "runner_number", "name"])
@pytest.mark.parametrize("value", [DROP, None, "", "a\0b", "x" * 100_000, [], {}])
def test_a_runner_that_nobody_can_name_is_refused_and_the_others_go_on(field, value):
    answer = parsed([runner(1), runner(2, **{field: value}), runner(3)])
    assert [entrant.runner_number for entrant in answer.entrants] == [1, 3]
    assert list(faults(answer)) == [f"data.runners[1].{field}"]


def test_two_faults_in_one_runner_cost_that_runner_alone():
    answer = parsed([runner(1), runner(2, entrant_id=DROP, runner_number="x", name=5), runner(3)])
    assert [entrant.runner_number for entrant in answer.entrants] == [1, 3]


@pytest.mark.parametrize("row", [None, 5, "x", []])
def test_a_runner_that_is_none_is_named(row):
    answer = parsed([runner(1), row])
    assert len(answer.entrants) == 1
    assert list(faults(answer)) == ["data.runners[1]"]


def test_an_id_that_comes_twice_is_taken_once():
    answer = parsed([runner(1), runner(1, name="Twin"), runner(2)])
    assert [entrant.name for entrant in answer.entrants] == ["Runner 1", "Runner 2"]
    assert list(faults(answer)) == ["data.runners[1].entrant_id"]


@pytest.mark.parametrize("value", ["a\0b", "x" * 501, {"a": 1}])
def test_a_bad_text_costs_that_text_alone(value):
    answer = parsed([runner(1, jockey=value)])
    assert of(answer).jockey is None
    assert list(faults(answer)) == ["data.runners[0].jockey"]


def test_a_lone_surrogate_costs_that_text_alone():
    body = json.dumps(event(runners=[runner(1, jockey="\ud800"), runner(2)])).encode()
    answer = parse_race(body, RACE_ID)
    assert list(faults(answer)) == ["data.runners[0].jockey"]


def test_a_harness_barrier_position_is_text_beside_the_number():
    assert of(parsed([runner(1, barrier=4, barrier_position="Fr4")])).barrier_position == "Fr4"


def test_weights_are_text():
    row = of(parsed([runner(1, weight={"allocated": "57.5", "total": ""})]))
    assert (row.weight_allocated, row.weight_total) == (Decimal("57.50"), None)
    bad = parsed([runner(1, weight={"allocated": "heavy", "total": "1e99"})])
    assert of(bad).weight_allocated is None
    assert list(faults(bad)) == ["data.runners[0].weight.allocated", "data.runners[0].weight.total"]


def test_nulls_where_nothing_is_known_are_fine():
    optional = ["odds", "barrier", "jockey", "age", "weight", "gear", "horse_id", "flucs_with_timestamp", "favourite"]
    for missing in (None, DROP):
        assert parsed([runner(1, **dict.fromkeys(optional, missing))]).faults == ()


# -- prices


def test_prices_have_two_places_half_up():
    row = odds_of({"fixed_win": 4.2, "fixed_place": 1.005, "pool_win": 8, "pool_place": 2.675})
    assert [str(getattr(row.odds, kind)) for kind in PRICE_KINDS] == ["4.20", "1.01", "8.00", "2.68"]
    assert row.odds.given == frozenset(PRICE_KINDS)


def test_no_price_is_a_zero_or_an_absent_key_and_both_are_null():
    row = odds_of({"fixed_win": 0, "fixed_place": 0.0, "pool_win": None})
    assert [getattr(row.odds, kind) for kind in PRICE_KINDS] == [None] * 4
    assert row.odds.given == frozenset(PRICE_KINDS)


def test_one_is_a_price():
    assert odds_of({"pool_win": 1}).odds.pool_win == Decimal("1.00")


@pytest.mark.parametrize("odds", [DROP, None])
def test_without_an_odds_block_nothing_is_given(odds):
    assert odds_of(odds).odds.given == frozenset()


@pytest.mark.parametrize(
    "text", ["NaN", "1e999", "-1e999", "-2.5", "99999999.995", "1" + "0" * 400, '"4.2"', "true", "[]", "{}"]
)
def test_a_price_that_is_none_is_left_out_and_named_and_the_rest_goes_on(text):
    body = event_body().replace(b'"fixed_win":4,', b'"fixed_win":' + text.encode() + b",")
    answer = parse_race(body, RACE_ID)
    bad, good = of(answer, 2).odds, of(answer, 3).odds
    assert list(faults(answer)) == ["data.runners[1].odds.fixed_win"]
    assert bad.given == frozenset(PRICE_KINDS) - {"fixed_win"}
    assert bad.pool_win == Decimal("4.30")
    assert (good.fixed_win, good.given) == (Decimal("5.00"), frozenset(PRICE_KINDS))


def test_an_odds_block_that_is_none_is_not_given():
    answer = parsed([runner(1, odds="none")])
    assert of(answer).odds.given == frozenset()
    assert list(faults(answer)) == ["data.runners[0].odds"]


@pytest.mark.parametrize(
    "gone",
    [
        {"is_scratched": True},
        {"is_late_scratched": True},
        {"scratch_time": START - 60},
        {"is_scratched": True, "scratch_time": START},
    ],
)
def test_a_scratched_runner_has_no_price_whatever_stale_ones_come(gone):
    row = of(parsed([runner(1, **gone)]))
    assert row.is_scratched
    assert [getattr(row.odds, kind) for kind in PRICE_KINDS] == [None] * 4
    assert row.odds.given == frozenset(PRICE_KINDS)


def test_a_scratching_after_the_start_shows_in_its_time():
    row = of(parsed([runner(1, scratch_time=START + 90, is_late_scratched=False)]))
    assert row.scratch_time == datetime(2025, 7, 17, 0, 51, 30, tzinfo=UTC)


def test_a_scratch_time_of_zero_is_no_scratching():
    row = of(parsed())
    assert not row.is_scratched
    assert row.scratch_time is None


def test_flucs_are_merged_sorted_and_without_the_empty_ones():
    flucs = of(parsed(), 1).flucs
    assert [(fluc.at.isoformat(), fluc.price) for fluc in flucs] == [
        ("2025-07-16T04:30:44.920959+00:00", Decimal("4.50")),
        ("2025-07-17T00:21:19.028381+00:00", Decimal("3.00")),
    ]


def test_a_bad_fluc_costs_itself():
    good = {"timestamp": "2025-07-17T00:21:19Z", "fluc": 3}
    rows = [good, {"timestamp": "yesterday", "fluc": 4}, {"timestamp": "2025-07-17T00:21:19Z", "fluc": -1}]
    answer = parsed([runner(1, flucs_with_timestamp={"last_six": rows, "open": None})])
    assert len(of(answer).flucs) == 1
    assert len(answer.faults) == 2


# -- tracker, pools, results, dividends


def test_hold_and_bet_are_summed_over_the_many_rows_and_foreign_ids_kept():
    ids = [identity(RACE_ID, "runner", 1), identity("removed")]
    answer = parsed(money_tracker=tracker([(ids[0], 9, 8), (ids[1], 8, 0), (ids[0], 0, 0), (ids[0], 10, 11)]))
    assert answer.money == {ids[0]: Money(19, 19), ids[1]: Money(8, 0)}


def test_fractional_holds_are_summed_before_they_are_rounded():
    answer = parsed(money_tracker=tracker([("a", 0.4, 1.5), ("a", 0.4, 0), ("a", 0.7, 0)]))
    assert answer.money == {"a": Money(2, 2)}


@pytest.mark.parametrize("hold", [None, -1, float("nan"), float("inf"), "x"])
def test_an_id_with_an_unknown_hold_is_left_out(hold):
    answer = parsed(money_tracker=tracker([("a", 5, 5), ("a", hold, 5), ("b", 7, 7)]))
    assert answer.money == {"b": Money(7, 7)}
    assert "data.money_tracker.entrants[1].hold_percentage" in faults(answer)


@pytest.mark.parametrize("empty", [None, DROP, {}, {"entrants": None}, {"entrants": []}])
def test_a_tracker_that_says_nothing_is_none(empty):
    answer = parsed(money_tracker=empty)
    assert (answer.money, answer.faults) == (None, ())


@pytest.mark.parametrize("block", ["tote_pools", "results", "dividends"])
@pytest.mark.parametrize("empty", [None, DROP, []])
def test_a_block_that_says_nothing_is_none(block, empty):
    answer = parsed(**{block: empty})
    assert (getattr(answer, block.removeprefix("tote_")), answer.faults) == (None, ())


@pytest.mark.parametrize("block", ["money_tracker", "tote_pools", "results", "dividends"])
def test_a_block_of_nonsense_is_none_and_named(block):
    answer = parsed(**{block: "nonsense"})
    assert list(faults(answer)) == [f"data.{block}"]
    assert len(answer.entrants) == 4


def test_pools_are_cents_half_up_by_their_own_names():
    answer = parsed(tote_pools=[pool("Win", 9151.38), pool("First4", 0.285), pool("Treble", 0, status="ABANDONED")])
    assert [(each.product_type, each.total_cents, each.status) for each in answer.pools] == [
        ("Win", 915138, "OPEN"),
        ("First4", 29, "OPEN"),
        ("Treble", 0, "ABANDONED"),
    ]


@pytest.mark.parametrize("total", [None, DROP, -1, float("nan"), float("inf"), 1e13, "many"])
def test_a_pool_without_a_sound_total_is_unknown_and_named(total):
    answer = parsed(tote_pools=[pool("Win", total), pool("Place", 5)])
    assert [each.total_cents for each in answer.pools] == [None, 500]
    assert list(faults(answer)) == ["data.tote_pools[0].total"]


def test_wins_trends_become_cents_and_the_exotics_are_left_unread():
    trends = {"tote_trends_data": TRENDS}
    answer = parsed(
        tote_pools=[pool("Win", 5, tote_trends=trends), pool("Trifecta", 5, tote_trends={"tote_trends_data": "<"})]
    )
    assert [each.investments for each in answer.pools] == [{1: 1235}, None]
    assert answer.faults == ()


def test_trends_that_cannot_be_read_cost_themselves():
    answer = parsed(tote_pools=[pool("Win", 5, tote_trends={"tote_trends_data": "<meetings>"})])
    assert (answer.pools[0].total_cents, answer.pools[0].investments) == (500, None)
    assert list(faults(answer)) == ["data.tote_pools[0].tote_trends.tote_trends_data"]


def test_a_pool_that_comes_twice_is_taken_once():
    answer = parsed(tote_pools=[pool("Win", 5), pool("Win", 6)])
    assert [each.total_cents for each in answer.pools] == [500]
    assert list(faults(answer)) == ["data.tote_pools[1].product_type"]


def test_results_keep_their_dead_heat():
    answer = parsed(results=[result(1, 2), result(1, 3), result(3, 1, margin_length=2.3, positional_margin="1/2 HD")])
    assert [(row.position, row.runner_number) for row in answer.results] == [(1, 2), (1, 3), (3, 1)]
    assert (answer.results[2].margin, answer.results[2].positional_margin) == (Decimal("2.3"), "1/2 HD")


def test_a_bad_result_row_is_left_out_and_named():
    answer = parsed(results=[result(1, 2), result(None, 3)])
    assert len(answer.results) == 1
    assert list(faults(answer)) == ["data.results[1].position"]


def test_interim_and_final_dividends_stand_side_by_side():
    answer = parsed(dividends=[dividend(status="Interim"), dividend(status="Final", amount=4)])
    assert [(row.status, row.dividend) for row in answer.dividends] == [
        ("Interim", Decimal("3.7")),
        ("Final", Decimal(4)),
    ]


def test_a_dividend_may_be_zero_and_its_positions_null():
    row = parsed(dividends=[dividend(amount=0, positions=None)]).dividends[0]
    assert (row.dividend, row.positions, row.pool_size_cents) == (Decimal(0), None, 915138)


def test_an_abandoned_race_may_carry_results_and_a_final_one_none():
    abandoned = parsed(race_changes={"status": "Abandoned"}, results=[result()], dividends=[dividend(positions=None)])
    assert (abandoned.status, len(abandoned.results), len(abandoned.dividends)) == ("abandoned", 1, 1)
    assert parsed(race_changes={"status": "Final"}, results=DROP).results is None


def test_a_flood_of_faults_is_counted_not_kept():
    answer = parsed(money_tracker={"entrants": [None] * 1000})
    assert len(answer.faults) == 201
    assert answer.faults[-1].reason == "800 more faults"
