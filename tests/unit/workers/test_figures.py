"""Every figure of one answer, with what is known standing in for what it leaves out."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.models import Money
from tests.fixtures.answers import START, answer, before_start, entrant, entrant_id, money, odds, pools
from workers.transform.figures import Known, leaves_out, race_figures

ONE = entrant_id(1)


def figures(made, known=None, at=None):
    return race_figures(made, at or before_start(minutes=10), known or Known())


def test_a_runner_s_amounts_are_of_its_hold_and_the_two_pools():
    one = figures(answer()).runners[ONE]
    assert (one.hold_percentage, one.bet_percentage) == (30, 29)
    assert (one.win_pool_amount, one.place_pool_amount) == (30_000, 12_000)


def test_the_tote_series_stands_beside_it_and_is_another_figure():
    one = figures(answer()).runners[ONE]
    share = (1 / Decimal(3)) / (1 / Decimal(3) + 1 / Decimal(4) + 1 / Decimal(5))
    assert abs(one.tote_share - share) <= Decimal("0.00000001")
    assert one.tote_win_amount == 42_553
    assert one.tote_source == "odds"


def test_scratched_runners_have_no_share_and_take_none_from_the_others():
    made = answer(
        entrants=[entrant(1, is_scratched=True), entrant(2, odds=odds(pool_win=2)), entrant(3, odds=odds(pool_win=2))]
    )
    runners = figures(made).runners
    assert [runners[entrant_id(n)].tote_share for n in (1, 2, 3)] == [None, Decimal("0.5"), Decimal("0.5")]
    assert runners[ONE].tote_source is None


def test_a_live_runner_without_a_tote_price_makes_all_shares_unknown():
    made = answer(entrants=[entrant(1, odds=odds(pool_win=None)), entrant(2), entrant(3)])
    assert {f.tote_share for f in figures(made).runners.values()} == {None}
    assert {f.tote_win_amount for f in figures(made).runners.values()} == {None}


def test_exact_investments_replace_the_prices_where_every_live_runner_has_one():
    win, place = pools()
    all_there = answer(pools=(replace(win, investments={1: 50_000, 2: 25_000, 3: 25_000}), place))
    one = figures(all_there).runners[ONE]
    assert (one.tote_share, one.tote_win_amount, one.tote_source) == (Decimal("0.5"), 50_000, "trends")
    some = answer(pools=(replace(win, investments={1: 50_000}), place))
    assert figures(some).runners[ONE].tote_source == "odds"


def test_investments_of_another_pool_are_not_the_win_pool_s():
    win, place = pools()
    made = answer(pools=(win, replace(place, investments={1: 50_000, 2: 25_000, 3: 25_000})))
    assert figures(made).runners[ONE].tote_source == "odds"


def test_what_an_answer_leaves_out_comes_from_what_is_known():
    known = Known(money={ONE: Money(40, 30)}, win_pool=200_000, place_pool=10_000)
    one = figures(answer(money=None, pools=None), known).runners[ONE]
    assert (one.hold_percentage, one.win_pool_amount, one.place_pool_amount) == (40, 80_000, 4_000)


def test_what_an_answer_gives_is_not_mixed_with_what_is_known():
    known = Known(money={ONE: Money(40, 30)}, win_pool=200_000, place_pool=10_000)
    made = figures(answer(money=money({2: 10}), pools=pools()[:1]), known)
    assert made.runners[ONE].hold_percentage is None
    assert made.runners[entrant_id(2)].place_pool_amount is None


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (answer(), False),
        (answer(money=None), True),
        (answer(pools=None), True),
        (answer(entrants=[entrant(1, odds=odds(given=frozenset({"fixed_win"})))]), True),
    ],
)
def test_an_answer_says_whether_it_leaves_something_out(made, wanted):
    assert leaves_out(made) is wanted


def test_the_market_is_of_the_live_runners_alone():
    made = answer(entrants=[entrant(1, is_scratched=True), entrant(2, odds=odds(2)), entrant(3, odds=odds(2))])
    assert figures(made).market_percentage == Decimal("100.00")


def test_tracker_rows_of_removed_runners_are_apart_and_nothing_is_renormalised():
    made = figures(answer(money={**money({1: 92}), "gone": Money(8, 3)}))
    assert made.tracker_removed == {"gone": Money(8, 3)}
    assert set(made.runners) == {entrant_id(n) for n in (1, 2, 3)}
    assert made.runners[ONE].hold_percentage == 92
    assert figures(answer(money=None)).tracker_removed is None


def test_an_actual_start_that_repeats_the_advertised_one_proves_no_start():
    later = before_start(minutes=-1)
    moved = START + timedelta(seconds=30)
    assert not figures(answer(actual_start=START), at=later).has_started
    assert figures(answer(actual_start=moved), at=later).has_started
    assert not figures(answer(actual_start=moved), at=before_start(minutes=1)).has_started
