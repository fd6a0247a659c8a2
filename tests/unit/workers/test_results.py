"""DOMAIN §1: placings and dividends; Final replaces Interim."""

from decimal import Decimal

import pytest

from shared.models import Dividend, ResultRow
from tests.fixtures.answers import answer
from workers.transform.results import result_sheet


def row(position, number):
    return ResultRow(position, number, f"runner-{number}", f"Runner {number}")


def paid(product="Pool Win", status="Final", amount="3.7", tote="NZ", **changes):
    return Dividend(f"{product}-{status}-{amount}", tote, product, status, Decimal(amount), **changes)


def test_an_answer_with_nothing_of_a_result_has_no_sheet():
    assert result_sheet(answer()) is None
    assert result_sheet(answer(status="abandoned")) is None


@pytest.mark.parametrize(
    ("status", "wanted"), [("interim", "interim"), ("closed", "interim"), ("live", "interim"), ("final", "final")]
)
def test_the_result_is_final_only_where_the_race_is(status, wanted):
    assert result_sheet(answer(status=status, results=(row(1, 3),))).result_status == wanted


def test_placings_are_in_order_and_dead_heats_share_a_position():
    sheet = result_sheet(answer(status="final", results=(row(3, 1), row(1, 7), row(1, 2))))
    assert [(each.position, each.runner_number) for each in sheet.results] == [(1, 2), (1, 7), (3, 1)]
    assert sheet.dividends is None


def test_a_final_dividend_replaces_the_interim_one_of_its_product_and_is_not_doubled():
    listed = (paid(status="Interim", amount="3.5"), paid(), paid("Pool Place", "Interim", "1.2"))
    sheet = result_sheet(answer(status="final", dividends=listed))
    assert [(each.product_name, each.status) for each in sheet.dividends] == [
        ("Pool Place", "Interim"),
        ("Pool Win", "Final"),
    ]


def test_both_dividends_of_a_dead_heat_stay():
    listed = (paid(amount="2.0", positions=((1, 1),)), paid(amount="4.1", positions=((2, 1),)))
    assert len(result_sheet(answer(status="final", dividends=listed)).dividends) == 2


def test_the_order_in_which_upstream_lists_makes_no_other_sheet():
    listed = (paid(), paid("Pool Place", amount="1.2"), paid("Pool Quinella", amount="9"))
    placed = (row(1, 1), row(2, 2), row(3, 3))
    one = result_sheet(answer(status="final", results=placed, dividends=listed))
    other = result_sheet(answer(status="final", results=placed[::-1], dividends=listed[::-1]))
    assert one == other


@pytest.mark.parametrize("flag", [{"protest": True}, {"photo_finish": True}, {"stewards_inquiry": True}, {"protest_reason": "x"}])  # fmt: skip
def test_a_flag_alone_is_worth_a_sheet_and_says_no_result(flag):
    sheet = result_sheet(answer(status="interim", **flag))
    assert (sheet.result_status, sheet.results, sheet.dividends) == (None, None, None)
