"""Tote trends: investments per runner, and the attacks an XML parser must not fall for."""

import pytest

from shared.errors import PayloadError
from workers.upstream.parse_trends import MAX_BYTES, parse_trends


def trends(*rows):
    runners = "".join(
        f'<runner runner_number="{number}"><runner_investment1>{dollars}</runner_investment1></runner>'
        for number, dollars in rows
    )
    return f"<meetings><meeting><race><bet_types><bet_type type='WIN'><runners>{runners}</runners></bet_type></bet_types></race></meeting></meetings>"


def test_investments_are_cents_by_runner_number():
    assert parse_trends(trends((1, "967.39"), (12, "0"), (3, " 10.005 "))) == {1: 96739, 12: 0, 3: 1001}


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "no xml",
        "<meetings>",
        "<meetings/>",
        trends((1, "")),
        trends((1, "NaN")),
        trends((1, "-1")),
        trends((1, "1e99")),
        trends(("x", "1")),
        trends(("", "1")),
        trends((1, "1"), (1, "2")),
        '<meetings><runner runner_number="1"/></meetings>',
        "<meetings>\ud800</meetings>",
        "<!DOCTYPE a><meetings/>",
        '<!DOCTYPE a [<!ENTITY x "1">]><a><runner runner_number="1"><runner_investment1>&x;</runner_investment1></runner></a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        f"<meetings>{' ' * MAX_BYTES}</meetings>",
        "<a>" * 100_000,
    ],
)
def test_anything_odd_is_refused(xml):
    with pytest.raises(PayloadError):
        parse_trends(xml)
