"""DOMAIN §4: tote share, market %, and prices completed by what is known."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models import PRICE_KINDS, Odds
from tests.fixtures.answers import entrant, odds
from workers.transform.odds import completed_odds, market_percentage, stored_share, tote_shares

prices = st.decimals(Decimal("1.01"), Decimal(999), places=2)
D = Decimal


@given(st.lists(prices, min_size=1, max_size=24))
def test_the_shares_add_up_to_exactly_one(listed):
    shares = tote_shares(dict(enumerate(listed)))
    assert sum(shares.values()) == 1


@given(st.lists(prices, min_size=2, max_size=24))
def test_a_shorter_price_never_has_the_smaller_share(listed):
    shares = tote_shares(dict(enumerate(listed)))
    ordered = [shares[at] for at in sorted(shares, key=lambda at: listed[at])]
    assert ordered == sorted(ordered, reverse=True)


def test_the_take_out_cancels():
    assert tote_shares({"a": D("2.00"), "b": D("2.00")}) == {"a": D("0.5"), "b": D("0.5")}
    assert tote_shares({"a": D("1.60"), "b": D("1.60")}) == {"a": D("0.5"), "b": D("0.5")}
    assert tote_shares({"a": D(2), "b": D(4), "c": D(4)}) == {"a": D("0.5"), "b": D("0.25"), "c": D("0.25")}


@given(st.lists(prices, min_size=1, max_size=24))
def test_what_is_stored_of_the_shares_adds_up_to_one_but_for_rounding(listed):
    stored = [stored_share(share) for share in tote_shares(dict(enumerate(listed))).values()]
    assert abs(sum(stored) - 1) <= D("0.00000001") * len(listed)
    assert all(share == round(share, 8) for share in stored)


@pytest.mark.parametrize("listed", [{}, {"a": None}, {"a": D(2), "b": None}])
def test_without_a_price_of_every_live_runner_there_is_no_share(listed):
    assert tote_shares(listed) is None


def test_the_market_is_the_sum_of_the_inverse_prices_in_percent():
    assert market_percentage([D("2.00"), D("2.50"), D("4.00")]) == D("115.00")
    assert market_percentage([D("3.00")]) == D("33.33")


@pytest.mark.parametrize("listed", [[], [None], [D(2), None]])
def test_a_runner_without_a_price_makes_the_market_unknown_and_not_small(listed):
    assert market_percentage(listed) is None


def test_prices_an_answer_does_not_speak_of_come_from_what_is_known():
    seen = Odds(fixed_win=D(3), given=frozenset({"fixed_win", "fixed_place"}))
    made = completed_odds(entrant(odds=seen), odds(9, 9, 9, 9))
    assert [getattr(made, kind) for kind in PRICE_KINDS] == [D(3), None, D(9), D(9)]


def test_prices_that_are_given_as_nothing_are_nothing():
    made = completed_odds(entrant(odds=odds(None, None, None, None)), odds(9, 9, 9, 9))
    assert [getattr(made, kind) for kind in PRICE_KINDS] == [None] * 4


def test_a_runner_not_known_before_has_what_the_answer_gives():
    seen = Odds(fixed_win=D(3), given=frozenset({"fixed_win"}))
    assert completed_odds(entrant(odds=seen), None).fixed_win == D(3)


@pytest.mark.parametrize("given_kinds", [frozenset(PRICE_KINDS), frozenset()])
def test_a_scratched_runner_has_no_price_whatever_the_answer_repeats_or_is_known(given_kinds):
    stale = Odds(D(3), D(2), D(3), D(2), given=given_kinds)
    made = completed_odds(entrant(is_scratched=True, odds=stale), odds(9, 9, 9, 9))
    assert [getattr(made, kind) for kind in PRICE_KINDS] == [None] * 4
