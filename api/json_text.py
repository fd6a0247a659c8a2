"""PURE pieces of JSON put together as bytes: what PostgreSQL wrote, and what is known only when it is served.

Long lists are written by PostgreSQL (`row_to_json`), since to turn each row into objects and back takes this process
ten times as long; the contract tests hold them to the same models.
"""

from collections.abc import Iterable


def with_list(text: bytes, name: str, rows: Iterable[str]) -> bytes:
    """Return the object *text* with one more member, a list of objects; *text* may not be empty."""
    return b'%s,"%s":%s}' % (text[:-1], name.encode(), listed(rows))


def listed(rows: Iterable[str]) -> bytes:
    """Return the JSON objects as a list."""
    return b"[%s]" % ",".join(rows).encode()
