"""DOMAIN §1: pools by name into six totals."""

import pytest

from shared.models import Pool
from workers.transform.pools import pool_totals


def totals(*named):
    return pool_totals(Pool(name, cents) for name, cents in named)


def test_the_six_are_picked_by_name_and_summed_and_the_others_kept_apart():
    made = totals(
        ("Win", 915_138), ("Place", 392_351), ("Quinella", 534_106), ("Trifecta", 797_624), ("First 4", 461_792),
        ("Exacta", 100), ("EarlyQuadrella", 812_661), ("Quadrella", 5), ("Double", 6), ("Treble", 7),
    )  # fmt: skip
    assert (made.win, made.place, made.quinella) == (915_138, 392_351, 534_106)
    assert (made.trifecta, made.first4, made.exacta) == (797_624, 461_792, 100)
    assert made.total == 915_138 + 392_351 + 534_106 + 797_624 + 461_792 + 100
    assert made.extracted == 6
    assert {pool.product_type for pool in made.others} == {"EarlyQuadrella", "Quadrella", "Double", "Treble"}
    assert made.quality_score == 100


@pytest.mark.parametrize("name", ["First 4", "FirstFour", "First Four", "First4", "FIRST4"])
def test_first_four_is_known_by_all_its_names(name):
    assert totals((name, 5)).first4 == 5


@pytest.mark.parametrize(
    ("named", "score"),
    [
        ([("Win", 1), ("Place", 1)], 100),
        ([("Win", 1)], 70),
        ([], 40),
        ([("Win", 1), ("Place", 1), ("Hexafecta", 9)], 95),
        ([("Win", 1), ("Place", None)], 70),
        ([(f"New {n}", 1) for n in range(30)], 0),
    ],
)
def test_quality_loses_thirty_for_each_main_pool_and_five_for_each_unknown_one(named, score):
    assert totals(*named).quality_score == score


def test_an_unknown_total_is_unknown_and_nothing_is_a_sum_of_nothing():
    made = totals(("Win", None), ("Place", 0))
    assert (made.win, made.place, made.total) == (None, 0, 0)
    assert totals(("Double", 5)).total is None


def test_a_name_met_twice_counts_once():
    assert totals(("Win", 1), ("Win", 2)).win == 1
