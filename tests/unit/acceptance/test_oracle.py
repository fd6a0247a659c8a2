"""The acceptance oracle, on sequences small enough to work out by hand."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from tests.acceptance import figures as rule
from tests.acceptance.compare import Comparison
from tests.acceptance.oracle import Poll, derive
from tests.acceptance.stored import TABLES, Stored
from tests.unit.acceptance.sequences import START, before, buckets, event, odds_rows, runner, told

D = Decimal


def test_prices_get_a_row_per_change_at_two_decimals_and_null_counts():
    expected = told(
        (before(9), event(runner(1, {"fixed_win": 4.004, "fixed_place": 0}), runner(2))),
        (before(8), event(runner(1, {"fixed_win": 4.0, "fixed_place": 0}), runner(2))),
        (before(7), event(runner(1, {"fixed_win": 0, "fixed_place": 0}), runner(2))),
        (before(6), event(runner(1, {"fixed_win": 4.1, "fixed_place": 0}), runner(2))),
    )
    assert odds_rows(expected, "runner-1", "fixed_win") == [
        (before(9), D("4.00")),
        (before(7), None),
        (before(6), D("4.10")),
    ]
    assert odds_rows(expected, "runner-1", "fixed_place") == []
    assert odds_rows(expected, "runner-1", "pool_win") == []


def test_an_absent_odds_block_and_a_refused_price_leave_the_known_price():
    expected = told(
        (before(9), event(runner(1), runner(2))),
        (before(8), event(runner(1, {"fixed_win": -1, "fixed_place": float("nan")}), runner(2, odds=[]))),
    )
    assert expected.entrants["runner-1"]["fixed_win"] == D(4)
    assert expected.entrants["runner-1"]["fixed_place"] == D(2)
    assert expected.entrants["runner-1"]["pool_win"] is None
    assert expected.entrants["runner-2"]["pool_win"] == D(2)


def test_a_scratched_runner_loses_its_prices_once_and_its_share_goes_to_the_others():
    gone = runner(1, is_scratched=True, scratch_time=int(before(8).timestamp()))
    expected = told(
        (before(9), event(runner(1), runner(2))),
        (before(7), event(gone, runner(2))),
        (before(6), event(gone, runner(2, {"fixed_win": 3, "pool_win": 1.2}))),
    )
    assert odds_rows(expected, "runner-1", "pool_win") == [(before(9), D(2)), (before(7), None)]
    assert expected.scratchings == [(before(7), "runner-1")]
    assert expected.entrants["runner-1"]["tote_share"] is None
    assert expected.entrants["runner-2"]["tote_share"] == 1
    assert expected.race["market_percentage"] == D("33.33")


def test_amounts_are_sums_of_the_tracker_times_the_pool_rounded_half_up():
    tracker = {
        "entrants": [
            {"entrant_id": "runner-1", "hold_percentage": 9, "bet_percentage": 8},
            {"entrant_id": "runner-1", "hold_percentage": 4, "bet_percentage": 4},
            {"entrant_id": "removed", "hold_percentage": 8, "bet_percentage": 1},
        ]
    }
    expected = told((before(9), event(win=0.5, money_tracker=tracker)))
    row = expected.money_flow_history["runner-1", before(9)]
    assert (row["hold_percentage"], row["bet_percentage"], row["win_pool_amount"]) == (13, 12, 7)  # 6.5 → 7
    assert expected.money_flow_history["runner-2", before(9)]["win_pool_amount"] is None
    assert expected.race["tracker_removed"] == {"removed": (8, 1)}


def test_tote_shares_follow_the_pool_prices_and_are_unknown_when_one_is_missing():
    shares = rule.tote_shares({"a": D(2), "b": D(4), "c": D(4)})
    assert shares == {"a": Fraction(1, 2), "b": Fraction(1, 4), "c": Fraction(1, 4)}
    assert rule.tote_shares({"a": D(2), "b": None}) == {}
    expected = told((before(9), event(runner(1), runner(2, {"fixed_win": 3}))))
    assert expected.entrants["runner-1"]["tote_win_amount"] is None
    assert expected.entrants["runner-1"]["tote_source"] is None


def test_win_investments_replace_the_shares():
    xml = "<m>" + "".join(
        f'<runner runner_number="{n}"><runner_investment1>{amount}</runner_investment1></runner>'
        for n, amount in ((1, "75.10"), (2, "24.90"))
    )
    pool = {"product_type": "Win", "total": 100, "tote_trends": {"tote_trends_data": xml + "</m>"}}
    row = told((before(9), event(tote_pools=[pool]))).entrants["runner-1"]
    assert (row["tote_win_amount"], row["tote_share"], row["tote_source"]) == (7510, D("0.75100000"), "trends")


def test_flow_rows_are_for_the_runners_that_changed_while_open():
    expected = told(
        (before(9), event(hold=(60, 40))),
        (before(8), event(hold=(60, 41))),
        (before(7), event(hold=(60, 41), status="Closed", win=200)),
    )
    assert sorted(expected.money_flow_history) == [
        ("runner-1", before(9)),
        ("runner-2", before(9)),
        ("runner-2", before(8)),
    ]
    assert expected.money_flow_history["runner-2", before(8)]["incremental_win_amount"] == 100
    assert expected.pools["win_pool_total"] == 20_000
    assert list(expected.pools_history) == [before(9), before(7)]


def test_the_latest_poll_fills_a_bucket_and_increments_skip_empty_ones():
    expected = told(
        (before(57), event(hold=(10, 0), win=100)),
        (before(56), event(hold=(20, 0), win=100)),
        (before(41), event(hold=(50, 0), win=100)),
        (before(9), event(hold=(45, 0), win=100)),
    )
    assert buckets(expected, "runner-1", "win_pool_amount") == [(55, 2000), (40, 5000), (5, 4500)]
    assert buckets(expected, "runner-1", "incremental_win_amount") == [(55, 2000), (40, 3000), (5, -500)]
    assert buckets(expected, "runner-1", "time_to_start_seconds") == [(55, 3360), (40, 2460), (5, 540)]


def test_a_first_bucket_below_the_baseline_counts_nothing():
    expected = told((before(9), event(hold=(60, 40))), (before(4), event(hold=(70, 30))))
    assert buckets(expected, "runner-1", "incremental_win_amount") == [(5, 0), (4, 1000)]


def test_the_same_answer_again_writes_a_new_bucket_and_nothing_else():
    same = event()
    expected = told((before(9), same), (before(8), same), (before(4), same))
    assert list(expected.outcomes.values()) == ["changed", "unchanged", "unchanged"]
    assert buckets(expected, "runner-1", "polling_timestamp") == [(5, before(9)), (4, before(4))]
    assert len(expected.money_flow_history) == 2
    assert len(expected.pools_history) == 1


def test_a_moved_start_is_told_and_places_the_later_polls_anew():
    later = START + timedelta(minutes=10)
    expected = told((before(4), event()), (before(3), event(start=later)))
    assert expected.starts == [(before(4), START), (before(3), later)]
    assert [bucket for bucket, _ in buckets(expected, "runner-1", "type")] == [10, 4]
    assert expected.race["start_time"] == later


def test_final_dividends_replace_the_interim_ones_of_their_product():
    def dividend(product, status, amount):
        return {"id": f"{product}-{status}", "tote": "NZ", "product_name": product, "status": status, "dividend": amount}  # fmt: skip

    placed = [{"position": 1, "runner_number": 1, "name": "Runner 1", "entrant_id": "runner-1", "margin_length": 0}]
    interim = [dividend("Pool Win", "Interim", 4), dividend("Pool Place", "Interim", 2)]
    final = [*interim, dividend("Pool Win", "Final", 4)]
    expected = told(
        (before(-1), event(status="Closed", results=[], dividends=[])),
        (before(-3), event(status="Interim", results=placed, dividends=interim)),
        (before(-4), event(status="Interim", results=placed, dividends=interim, error="slow")),
        (before(-6), event(status="Final", results=placed, dividends=final)),
        (before(-7), event(status="Final", results=None)),
        (before(-8), event(status="Final", race={"protest": True, "protest_reason": "DISMISSED"})),
    )
    assert [row["recorded_at"] for row in expected.results] == [before(-3), before(-6), before(-8)]
    kept = [(row[2], row[3]) for row in expected.results[1]["dividends"]]
    assert sorted(kept) == [("Pool Place", "interim"), ("Pool Win", "final")]
    assert expected.results[2]["protest_text"] == "DISMISSED"
    assert [status for _, status in expected.statuses] == ["closed", "interim", "final"]


def test_blocks_that_are_absent_overwrite_nothing():
    expected = told((before(9), event()), (before(8), event(money_tracker=None, tote_pools=None)))
    assert expected.entrants["runner-1"]["hold_percentage"] == 60
    assert expected.pools["win_pool_total"] == 10_000
    assert expected.money_flow_history.keys() == {("runner-1", before(9)), ("runner-2", before(9))}


def test_the_closing_price_is_the_last_one_seen_open_and_not_after_the_actual_start():
    def priced(price, **changes):
        return event(runner(1, {"fixed_win": price}), **changes)

    started = int(before(-1).timestamp())
    expected = told(
        (before(5), priced(5)),
        (before(0), priced(4)),
        (before(-2), priced(3)),
        (before(-3), priced(2, status="Closed", race={"actual_start": started})),
    )
    row = expected.entrants["runner-1"]
    assert (row["opening_price"], row["closing_price"], row["high_price"], row["low_price"]) == (5, 4, 5, 3)
    assert row["fixed_win"] == 2


def test_bodies_and_polls_are_paired_by_time_and_the_rest_is_counted():
    def at(seconds):
        return START + timedelta(seconds=seconds)

    served = [(at(s), event(win=100 + s)) for s in (0.5, 1.2, 5.5, 9.9)]
    polls = [
        Poll(at(1), at(2), "changed"),
        Poll(at(5), at(6), "unavailable"),
        Poll(at(7), at(8), "changed"),
        Poll(at(9.5), at(10), "changed"),
    ]
    expected = derive(served, polls)
    assert expected.answers == 2
    assert expected.lost_bodies == 2
    assert expected.unserved_polls == [at(7)]
    assert expected.pools["win_pool_total"] == 10_990


def test_a_comparison_names_what_is_missing_and_what_differs():
    expected = told((before(9), event()))
    stored = Stored({table: [] for table in TABLES})
    stored.rows["races"] = [{"status": "open", "start_time": START, "tracker_removed": {}}]
    stored.rows["odds_history"] = [
        {"entrant_id": "runner-1", "type": "fixed_win", "event_timestamp": before(9), "odds": D("4.01"), "source": "poll"}
    ]  # fmt: skip
    found = Comparison("race", expected, stored, []).run()
    assert any(d.table == "odds_history" and (d.expected, d.stored) == (D(4), D("4.01")) for d in found)
    assert sum(d.table == "odds_history" and d.stored == "(no row)" for d in found) == 7
    assert sum(d.table == "money_flow_buckets" for d in found) == 2
