import itertools
from datetime import date

import pytest

from local.tab.fixed_odds import LADDER, book, fixed_win, flucs, on_ladder
from local.tab.market import (
    TAKE_OUT,
    insider_runners,
    places_paid,
    pools,
    runner_shares,
    tote_odds,
    tracker_rows,
)
from local.tab.race_day import Recipe, plan_day
from local.tab.runners import field, live
from local.tab.story import status_at, tell

RACES = [race for seed in (1, 2) for race in plan_day(Recipe(seed, 12), date(2026, 3, 11)).races if race.number][::5]
BEFORE = (72000, 36000, 7200, 3600, 1500, 600, 300, 120, 60, 30, 0)


def instants(race):
    return [tell(race).closed - before for before in BEFORE]


@pytest.mark.parametrize("measure", [1, 2])
def test_tracker_sums_lie_between_97_and_106_over_many_whole_rows(measure):
    totals = set()
    for race in RACES:
        for at in instants(race):
            rows = tracker_rows(race, at)
            assert len(rows) >= 8 * len(field(race))
            assert all(isinstance(row[measure], int) and row[measure] >= 0 for row in rows)
            totals.add(sum(row[measure] for row in rows))
    assert min(totals) >= 97
    assert max(totals) <= 106
    assert len(totals) > 3


def test_the_tracker_sometimes_holds_money_on_an_entrant_that_is_no_runner():
    strangers = [
        sum(hold for entrant, hold, _ in tracker_rows(race, tell(race).off) if entrant not in ids)
        for race in RACES
        for ids in [{runner.entrant_id for runner in field(race)}]
    ]
    assert max(strangers) > 1
    assert 0 in strangers


def test_tote_odds_are_the_pool_less_the_take_out_by_share():
    for race in RACES:
        for at in instants(race):
            now = pools(race, at)
            odds = tote_odds(now, places_paid(len(now.win)))
            for number, dollars in now.win.items():
                exact = now.win_total * (1 - TAKE_OUT["Win"]) / dollars
                assert odds[number][0] == pytest.approx(max(1.0, exact - 0.05), abs=0.0501)
            implied = sum(1 / max(1.0, now.win_total * 0.855 / dollars) for dollars in now.win.values())
            assert implied == pytest.approx(1 / 0.855, rel=0.02)


def test_pools_never_shrink_while_betting_is_open_and_grow_faster_towards_the_start():
    for race in RACES:
        story = tell(race)
        grid = [at for at in range(story.closed - 7200, story.closed + 1, 15) if status_at(story, at) == "Open"]
        totals = [(pools(race, at).win_total, pools(race, at).place_total) for at in grid]
        for (win, place), (later_win, later_place) in itertools.pairwise(totals):
            assert later_win >= win - 0.01
            assert later_place >= place - 0.01
        if story.abandoned_at is None:
            last, earlier = (pools(race, story.closed - s).win_total for s in (0, 600))
            assert last - earlier > earlier - pools(race, story.closed - 1200).win_total


def test_money_on_a_runner_scratched_after_the_close_leaves_the_pool():
    races = [race for n in range(8) for race in plan_day(Recipe(n, 20), date(2026, 3, 11)).races]
    late = [(r, x) for r in races for x in field(r) if x.scratched_at and x.scratched_at > tell(r).closed]
    race, runner = next((r, x) for r, x in late if tell(r).abandoned_at is None)
    before, after = pools(race, runner.scratched_at - 1), pools(race, runner.scratched_at)
    assert after.win_total == pytest.approx(before.win_total - before.win[runner.number])
    assert runner.number not in after.win


def test_insiders_money_comes_in_the_last_minute_and_lifts_the_share():
    known = [(race, runner) for race in RACES for runner in insider_runners(race) if tell(race).abandoned_at is None]
    assert known
    for race, runner in known:
        close = tell(race).closed
        minute, quarter, end = (runner_shares(race, close - s)[runner.number] for s in (60, 300, 0))
        assert end - minute >= 0.05
        assert end - minute > 2 * abs(minute - quarter)


def test_most_races_have_no_insiders():
    assert sum(bool(insider_runners(race)) for race in RACES) < len(RACES) / 2


def test_fixed_prices_stand_on_the_ladder_with_a_margin_and_follow_the_money():
    shorter = longer = 0
    for race in RACES:
        for at in instants(race):
            prices = fixed_win(race, at)
            assert all(price in LADDER for price in prices if price)
            running = [prices[r.number - 1] for r in live(field(race), at)]
            if tell(race).abandoned_at is None and all(running):
                assert 1.0 < sum(1 / price for price in running) < 1.35
        close = tell(race).closed
        share, earlier = runner_shares(race, close), runner_shares(race, close - 600)
        for runner in live(field(race), close):
            n = runner.number
            if tell(race).abandoned_at is None and share[n] > earlier[n] * 1.2:
                last, before = fixed_win(race, close)[n - 1], fixed_win(race, close - 600)[n - 1]
                shorter, longer = shorter + (last < before), longer + (last > before)
    assert shorter > 10 * longer  # the bookmaker's own opinion may still hold a price back


def test_flucs_are_the_moves_of_the_fixed_price_with_their_times():
    for race in RACES[:10]:
        close = tell(race).closed
        for place, _ in enumerate(field(race)):
            for at in (close - 3600, close - 300, close):
                moves = flucs(race, place, at)
                now = fixed_win(race, at)[place]
                assert (moves[-1].price if moves else 0.0) == now
                assert all(a.at < b.at and a.price != b.price for a, b in itertools.pairwise(moves))


def test_a_scratched_runner_keeps_its_price_and_the_others_shorten():
    checked = 0
    for race in RACES:
        for runner in field(race):
            at = runner.scratched_at
            if at is None or runner.unpriced or at > tell(race).closed - 600 or at < tell(race).opens + 60:
                continue
            before, after = fixed_win(race, at - 1), fixed_win(race, at + 60)
            assert fixed_win(race, tell(race).closed)[runner.number - 1] == before[runner.number - 1]
            checked += sum(a < b for a, b in zip(after, before, strict=True)) > 0
    assert checked


@pytest.mark.parametrize(("price", "rung"), [(0.5, 1.01), (2.52, 2.5), (9.2, 9.0), (22.5, 23.0), (9999.0, 501.0)])
def test_prices_go_to_the_nearest_rung(price, rung):
    assert on_ladder(price) == rung


def test_the_ladder_ascends():
    assert list(LADDER) == sorted(set(LADDER))
    assert len(book(RACES[0]).instants) == len(set(book(RACES[0]).instants))
