"""Upstream's own price moves fill a gap between two polls of ours, as one series with the polls' (DOMAIN §1)."""

from datetime import timedelta
from itertools import pairwise

import pytest

from shared.models import Fluc, Odds
from tests.fixtures.answers import START, answer, before_start, entrant, entrant_id, odds, price

pytestmark = pytest.mark.postgres
ONE = entrant_id(1)
LAST, FIRST_MISSED, THIS = (before_start(minutes, 5) for minutes in (30, 25, 18))  # due instants of the table


def priced(fixed_win, *flucs, **changes):
    """Return an answer whose first runner has this price and remembers *flucs*, pairs of minutes before and price."""
    told = tuple(Fluc(before_start(minutes), price(worth)) for minutes, worth in sorted(flucs, reverse=True))
    runner = entrant(1, odds=odds(fixed_win), flucs=told)
    return answer(entrants=[runner, entrant(2), entrant(3)], **changes)


def series(store, runner=ONE):
    """Return (minutes before the start, price, source) of the fixed win prices, in their order."""
    rows = store.odds_history(type="fixed_win", entrant_id=runner)
    return [((START - r["event_timestamp"]) / timedelta(minutes=1), r["odds"], r["source"]) for r in rows]


def at(instant):
    return (START - instant) / timedelta(minutes=1)


def test_the_moves_that_a_gap_hid_are_filled_in_once_and_none_from_before_it(store):
    told = [(45, 5), (31, 4), (28, 3.5), (24, 3.5), (22, 3.6), (19, 3.2)]
    store.write(priced(3, *told[:2]), LAST)
    store.write(priced(3.1, *told), THIS)
    wanted = [
        (at(LAST), price(3), "poll"), (28, price(3.5), "upstream"), (22, price(3.6), "upstream"), (19, price(3.2), "upstream"),
        (at(THIS), price(3.1), "poll"),
    ]  # fmt: skip
    assert series(store) == wanted
    assert {row["created_at"] for row in store.odds_history(source="upstream")} == {THIS}
    store.write(priced(3.1, *told), THIS)
    store.write(priced(3.1, *told, weather="Rain"), THIS + timedelta(minutes=10))
    assert series(store) == wanted
    assert [source for *_, source in series(store, entrant_id(2))] == ["poll"]


@pytest.mark.parametrize(
    ("polled", "told", "kept"),
    [
        (3.5, [(28, 4), (22, 3.5)], [(28, 4)]),  # the last move is the one the poll found: its row says it
        (3.5, [(28, 3.5), (22, 4), (20, 3.5)], [(28, 3.5), (22, 4)]),
        (3.5, [(28, 3), (22, 3.5)], []),
        (3, [(28, 4), (22, 3)], [(28, 4), (22, 3)]),  # the poll finds the price from before the gap and has no row
        (3, [(28, 4), (22, 3), (20, 5)], [(28, 4), (22, 3)]),  # or the series would end at another price than stands
        (3, [(28, 4)], []),
        (None, [(28, 4)], [(28, 4)]),
    ],
    ids=str,
)
def test_no_row_of_either_source_repeats_the_price_before_it_and_the_last_is_the_one_that_stands(
    store, polled, told, kept
):
    store.write(priced(3), LAST)
    store.write(priced(polled, *told), THIS)
    found = series(store)
    assert [(minutes, odds) for minutes, odds, source in found if source == "upstream"] == [
        (m, price(p)) for m, p in kept
    ]
    listed = [odds for _, odds, _ in found]
    assert all(one != other for one, other in pairwise(listed))
    assert listed[-1] == store.entrants()[1]["fixed_win"] == price(polled)


def test_nothing_is_filled_before_the_first_poll_nor_where_no_instant_was_missed(store):
    store.write(priced(3, (40, 5), (35, 4)), LAST)
    store.write(priced(3.1, (40, 5), (35, 4), (28, 2)), FIRST_MISSED)
    assert {row["source"] for row in store.odds_history()} == {"poll"}


@pytest.mark.parametrize("status", ["closed", "interim", "final", "abandoned"])
def test_a_gap_from_before_the_start_to_after_the_close_is_filled_up_to_the_start(store, status):
    told = [(2.5, 4), (1, 4.5), (-1, 5), (-4, 6)]
    store.write(priced(3), before_start(minutes=3))
    store.write(priced(6, *told, status=status), before_start(minutes=-5))
    assert series(store)[1:] == [(2.5, price(4), "upstream"), (1, price(4.5), "upstream"), (-5, price(6), "poll")]
    assert store.entrants()[1]["closing_price"] == 3  # the last price that we saw while open


def test_a_start_that_is_proven_bounds_the_filling_and_an_open_race_has_not_closed(store):
    told = [(2.5, 4), (-1, 5), (-3, 5.5)]
    store.write(priced(3), before_start(minutes=3))
    store.write(priced(6, *told, status="interim", actual_start=before_start(minutes=-2)), before_start(minutes=-5))
    assert [minutes for minutes, _, source in series(store) if source == "upstream"] == [2.5, -1]
    other = entrant(1, "race-2", odds=odds(3), flucs=())
    store.write(answer("race-2", entrants=[other]), before_start(minutes=3))
    other = entrant(1, "race-2", odds=odds(6), flucs=(Fluc(before_start(minutes=-3), price(5.5)),))
    store.write(answer("race-2", entrants=[other]), before_start(minutes=-5))
    assert [row["odds"] for row in store.odds_history("race-2", source="upstream")] == [price(5.5)]


def test_a_runner_that_is_scratched_or_has_no_odds_block_gains_no_price_from_what_is_remembered(store):
    store.write(priced(3), LAST)
    moved = (Fluc(before_start(minutes=22), price(4)),)
    runners = [
        entrant(1, is_scratched=True, odds=Odds(), flucs=moved),
        entrant(2, odds=Odds(given=frozenset()), flucs=moved),
        entrant(3),
    ]
    store.write(answer(entrants=runners), THIS)
    assert store.odds_history(source="upstream") == []
    assert store.entrants()[2]["fixed_win"] == 3
