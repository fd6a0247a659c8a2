"""PURE placings and dividends → the sheet that is stored as a revision."""

from dataclasses import dataclass

from shared.models import Dividend, RaceAnswer, ResultRow, ResultStatus, is_terminal


@dataclass(frozen=True, slots=True)
class ResultSheet:
    """What an answer says of the result; a part it left out is None."""

    result_status: ResultStatus | None
    results: tuple[ResultRow, ...] | None
    dividends: tuple[Dividend, ...] | None


def result_sheet(answer: RaceAnswer) -> ResultSheet | None:
    """Return the sheet, in an order that does not depend on upstream's; None where the answer has nothing of it."""
    flagged = answer.protest or answer.protest_reason or answer.photo_finish or answer.stewards_inquiry
    if answer.results is None and answer.dividends is None and not flagged:
        return None
    status: ResultStatus | None = None
    if answer.results is not None or answer.dividends is not None:
        status = "final" if is_terminal(answer.status) else "interim"
    results = answer.results and tuple(sorted(answer.results, key=lambda row: (row.position, row.runner_number or 0)))
    return ResultSheet(status, results, answer.dividends and final_over_interim(answer.dividends))


def may_take_back(answer: RaceAnswer) -> bool:
    """Whether the answer, of a race that is no longer open, says of a flag how it stands: it may lower a stored one."""
    flags = (answer.protest, answer.photo_finish, answer.stewards_inquiry)
    return answer.status != "open" and any(flag is not None for flag in flags)


def final_over_interim(dividends: tuple[Dividend, ...]) -> tuple[Dividend, ...]:
    """Drop Interim rows of a product that has Final ones: a Final race lists each dividend twice (DOMAIN §1)."""
    settled = {(row.tote, row.product_name) for row in dividends if _is_final(row)}
    kept = [row for row in dividends if _is_final(row) or (row.tote, row.product_name) not in settled]
    return tuple(
        sorted(kept, key=lambda row: (row.product_name, row.tote or "", row.description or "", row.dividend_id))
    )


def _is_final(row: Dividend) -> bool:
    return (row.status or "").lower() == "final"
