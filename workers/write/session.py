"""What every write shares: the connection it is given, COPY, and foreign errors translated in one place."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
from psycopg import sql

from shared.errors import StoreError
from workers.write.tables import Row

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]


def copy_statement(table: str, columns: Sequence[str]) -> bytes:
    """Return the COPY into a staging *table*; composed once, not per write."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    return statement.as_bytes(None)


def copy_rows(connection: psycopg.Connection[Any], statement: bytes, rows: Sequence[Row]) -> None:
    """COPY *rows* by a statement of `copy_statement`."""
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def translated() -> Iterator[None]:
    """Foreign database errors become StoreError, from one place."""
    try:
        yield
    except psycopg.Error as error:
        primary = error.diag.message_primary or str(error)
        raise StoreError(f"{type(error).__name__}: {primary}") from error
