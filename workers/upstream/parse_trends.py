"""PURE tote-trends XML → investments."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring

from shared.errors import PayloadError

MAX_BYTES = 1024 * 1024
MAX_DIGITS = 3
MAX_DOLLARS = Decimal(10) ** 12


def parse_trends(xml: str) -> dict[int, int]:
    """Return the cents invested (`runner_investment1`) per runner number; PayloadError for anything odd.

    Entities and document types are refused, not resolved.
    """
    if len(xml) > MAX_BYTES or len(xml.encode(errors="replace")) > MAX_BYTES:
        raise PayloadError(f"longer than {MAX_BYTES} bytes")
    try:
        tree = fromstring(xml, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, ValueError) as error:  # ValueError: what defusedxml forbids, and broken text
        raise PayloadError(f"not sound XML ({type(error).__name__})") from None
    investments: dict[int, int] = {}
    for runner in tree.iter("runner"):
        number = _runner_number(runner.get("runner_number"))
        if number in investments:
            raise PayloadError(f"runner {number} stands there twice")
        investments[number] = _cents(runner.findtext("runner_investment1"), number)
    if not investments:
        raise PayloadError("no runner in it")
    return investments


def _runner_number(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        raise PayloadError("a runner has no number")
    return int(text)


def _cents(text: str | None, number: int) -> int:
    try:
        dollars = Decimal((text or "").strip())
    except InvalidOperation:
        raise PayloadError(f"runner {number}: the investment is no number") from None
    if not dollars.is_finite() or not 0 <= dollars <= MAX_DOLLARS:
        raise PayloadError(f"runner {number}: the investment is out of bounds")
    return int((dollars * 100).to_integral_value(ROUND_HALF_UP))
