"""The database's schema: brings it to head, and says whether it is new enough for this code."""

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from shared.errors import SchemaTooOld, StoreError
from shared.queries import SQL_ROOT

if TYPE_CHECKING:
    from sqlalchemy import Connection

REQUIRED = "0004"  # the newest migration this code relies on
OLDEST_SERVER = 150000  # PostgreSQL 15: MERGE (docs/decisions/0001)


def migrate(url: str) -> str:
    """Bring the database at *url* to the newest schema and its roles; return the revision. Running it twice is fine."""
    from alembic import command  # noqa: PLC0415  only migrations need Alembic: services start without it
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine, text  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    with psycopg.connect(url) as probe:
        _refuse_old_server(probe.info.server_version)
    config = Config()
    config.set_main_option("script_location", str(SQL_ROOT / "migrations"))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.begin() as connection:
        # Two deployments may migrate at once: the second waits, then finds nothing to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(7319)"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _apply_roles(connection)
    with psycopg.connect(url) as connection_after:
        return revision(connection_after) or ""


def _apply_roles(connection: "Connection") -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  the engine above is psycopg's
    try:
        driver.execute((SQL_ROOT / "roles.sql").read_bytes())
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(
            "the database user may not create roles: run sql/roles.sql once as an administrator, then "
            f"`raceday migrate` again ({error.diag.message_primary})"
        ) from error


def revision(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    """Return the schema's revision, or None for a database that was never migrated."""
    try:
        with connection.transaction():
            row = connection.execute(sql.SQL("SELECT version_num FROM alembic_version")).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return str(row[0]) if row else None


def check(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Raise SchemaTooOld or StoreError when the server or its schema is older than this code needs."""
    _refuse_old_server(connection.info.server_version)
    found = revision(connection)
    if found is None or found < REQUIRED:
        raise SchemaTooOld(
            f"the database is at schema {found or 'none'}, this code needs {REQUIRED}: run `raceday migrate`"
        )


def _refuse_old_server(version: int) -> None:
    if version < OLDEST_SERVER:
        raise StoreError(f"PostgreSQL {version // 10000} is too old: 15 or newer is needed, 18 is tested most")
