"""PURE a place in the change feed ↔ the opaque text that clients keep."""

import base64
import re
from dataclasses import dataclass

_FORM = re.compile(r"1\.(\d{1,20})\.(\d{1,20})\.(\d{1,19})", re.ASCII)
_MOST_XID, _MOST_ID = 2**64 - 1, 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """After the row *id* of transaction *xid* of a cluster. xids are compared in SQL only, so it is text here."""

    cluster_id: int
    xid: str
    id: int

    def __str__(self) -> str:
        text = f"1.{self.cluster_id}.{self.xid}.{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_cursor(text: str) -> Cursor:
    """Read what `str` of a cursor wrote; ValueError for anything else."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError as error:
        raise ValueError("is not a cursor of ours") from error
    match = _FORM.fullmatch(plain)
    if match is None or int(match[2]) > _MOST_XID or max(int(match[1]), int(match[3])) > _MOST_ID:
        raise ValueError("is not a cursor of ours")
    return Cursor(int(match[1]), match[2], int(match[3]))
