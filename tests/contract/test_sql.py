"""All SQL lives in sql/; the schema goes from empty to head; the roles may do what they must and no more."""

import ast
import re
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql

from shared import schema
from shared.errors import SchemaTooOld
from shared.queries import SQL_ROOT, Queries
from tests.fixtures.store import in_threads, open_store

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "workers", "api", "local")
STATEMENT = re.compile(
    r"^\s*(SELECT\s+\S+\s+(FROM|AS)\b|SELECT\s+\w+\(|INSERT\s+INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b|MERGE\s+INTO\b"
    r"|CREATE\s+(TABLE|TEMP|INDEX|ROLE|FUNCTION|OR)\b|DROP\s+\w+|ALTER\s+\w+|WITH\s+\w+\s+AS\b|TRUNCATE\b|LOCK\s+TABLE\b"
    r"|LISTEN\b|NOTIFY\b|COPY\b|SET\s)",
    re.MULTILINE,
)
# What is composed of identifiers, or runs where there is no schema yet.
MAY = {"shared/schema.py", "shared/db.py", "workers/write/session.py", "local/postgres.py", "local/postgres_cluster.py"}
HISTORY = ("odds_history", "money_flow_history", "money_flow_buckets", "race_pools_history", "polls")
SQL_FILES = sorted(SQL_ROOT.rglob("*.sql"))


def texts(path):
    """Yield line and text of every string that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in docs:
            yield node.lineno, node.value if isinstance(node.value, str) else node.value.decode(errors="replace")


def test_there_is_no_sql_in_python():
    found = []
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name not in MAY:
            found += [f"{name}:{line}: {text[:60]}" for line, text in texts(path) if STATEMENT.search(text)]
    assert found == []


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in SQL_FILES if path.parent != SQL_ROOT}))
def test_every_folder_of_statements_loads(folder):
    assert Queries(folder).names()


def test_every_statement_is_used_and_says_what_it_is_for():
    python = "".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    for folder in ("write",):
        unused = [name for name in Queries(folder).names() if f'"{name}"' not in python]
        assert unused == []


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_no_sql_asks_the_server_for_domain_time(path):
    text = re.sub(r"--.*", "", path.read_text()).lower()
    assert not re.search(
        r"\bnow\s*\(|\bcurrent_(timestamp|date|time)\b|\blocaltimestamp\b|\b(transaction|statement)_timestamp\b", text
    )
    # Real time by the database's clock: the lease, and how long ago a heartbeat was.
    assert "clock_timestamp" not in text or path.name == "leadership.sql" or "heartbeat_real" in text


@pytest.mark.parametrize(
    "path", sorted((SQL_ROOT / "migrations" / "versions").glob("*.py")), ids=lambda path: path.name
)
def test_no_migration_asks_the_server_for_domain_time(path):
    code = "\n".join(text for _, text in texts(path)).lower()
    assert not re.search(r"\bnow\s*\(|\bcurrent_(timestamp|date)\b|clock_timestamp", code)


@pytest.mark.parametrize("name", sorted(Queries("read").names()))
def test_a_list_that_is_read_and_cut_off_has_an_order(name):
    statement = Queries("read")[name].decode().lower()
    if "limit" in statement and not statement.startswith("select count("):
        assert "order by" in statement


def test_the_newest_migration_is_what_the_code_requires():
    config = Config()
    config.set_main_option("script_location", str(SQL_ROOT / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REQUIRED]


def test_no_statement_needs_a_newer_server_than_the_oldest_allowed():
    """MERGE … RETURNING and BY SOURCE came with 17, RETURNING old with 18."""
    for path in SQL_FILES:
        text = re.sub(r"--.*", "", path.read_text())
        for statement in re.split(r"-- name:", text):
            if re.search(r"\bMERGE\s+INTO\b", statement):
                assert "BY SOURCE" not in statement
                assert not re.search(r"\bmerge_action\s*\(", statement)
        assert not re.search(r"RETURNING\s+(old|new)\.", text)


# On a real server.


@pytest.mark.postgres
def test_an_empty_database_goes_to_head_and_a_second_time_changes_nothing(empty_database_url):
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        assert schema.revision(connection) is None
        with pytest.raises(SchemaTooOld, match="raceday migrate"):
            schema.check(connection)
        assert schema.migrate(empty_database_url) == schema.REQUIRED
        schema.check(connection)
        before = described(connection)
        assert schema.migrate(empty_database_url) == schema.REQUIRED
        assert described(connection) == before


@pytest.mark.postgres
def test_two_migrations_at_once_both_end_well(empty_database_url):
    results = in_threads(*[lambda: schema.migrate(empty_database_url)] * 2)
    assert results == [schema.REQUIRED] * 2


@pytest.mark.postgres
def test_a_schema_that_is_older_is_refused_by_the_name_of_what_mends_it(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        with pytest.raises(SchemaTooOld, match=r"0001.*raceday migrate"):
            schema.check(connection)


def described(connection):
    """Return tables, columns, functions and rights."""
    columns = connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 2"
    ).fetchall()
    rights = connection.execute(
        "SELECT c.relname, c.relacl::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    functions = connection.execute(
        "SELECT proname, prosrc, prosecdef, proacl::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2"
    ).fetchall()
    return columns, rights, functions


@pytest.fixture
def as_role(database_url):
    """Return a function that runs a statement as a role, in a transaction that is undone."""

    def run(role, statement):
        with psycopg.connect(database_url) as connection:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            try:
                return connection.execute(statement).rowcount
            finally:
                connection.rollback()

    return run


TABLES = (
    "meetings", "races", "entrants", "race_pools", "race_results", "jockey_silks", "bookmakers", "courses", *HISTORY,
    "changes", "worker_status", "leadership", "job_runs", "user_alert_configs", "notifications",
)  # fmt: skip


@pytest.mark.postgres
def test_the_reader_reads_every_table_and_writes_none(as_role):
    writes = (
        "DELETE FROM {}",
        "INSERT INTO {} DEFAULT VALUES",
        "TRUNCATE {}",
        "DROP TABLE {}",
        "LOCK TABLE {} IN EXCLUSIVE MODE",
    )
    for table in TABLES:
        as_role("raceday_reader", f"TABLE {table} LIMIT 1")
        for statement in writes:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                as_role("raceday_reader", statement.format(table))


@pytest.mark.postgres
def test_the_writer_drops_truncates_and_alters_nothing(as_role):
    for table in TABLES:
        for statement in ("DROP TABLE {}", "TRUNCATE {}", "ALTER TABLE {} ADD COLUMN more int"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                as_role("raceday_writer", statement.format(table))


@pytest.mark.postgres
def test_the_writer_adds_to_history_and_rewrites_none_of_it(as_role):
    for table in ("odds_history", "money_flow_history", "race_pools_history", "polls"):
        for statement in ("DELETE FROM {}", "UPDATE {} SET race_id = 'x'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                as_role("raceday_writer", statement.format(table))


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (a int)",
        "CREATE ROLE mine",
        "DROP FUNCTION raceday_cluster_id()",
        "DELETE FROM leadership",
    ],
)
def test_the_writer_makes_and_unmakes_nothing_of_the_schema(as_role, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role("raceday_writer", statement)


@pytest.mark.postgres
def test_only_the_writer_may_ask_for_days(as_role):
    as_role("raceday_writer", "SELECT raceday_ensure_days('2026-07-17', 2)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role("raceday_reader", "SELECT raceday_ensure_days('2026-07-17', 2)")


@pytest.mark.postgres
def test_days_are_made_once_for_every_history_table_and_the_second_time_is_nothing(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        made = connection.execute("SELECT raceday_ensure_days('2026-12-30', 4)").fetchone()[0]
        assert made == 4 * len(HISTORY)
        assert connection.execute("SELECT raceday_ensure_days('2026-12-30', 4)").fetchone()[0] == 0
        bounds = connection.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'polls_2026_12_31'"
        ).fetchone()[0]
    assert "2026-12-31" in bounds
    assert "2027-01-01" in bounds


@pytest.mark.postgres
def test_days_asked_for_by_many_at_once_are_made_once(database_url):
    def ask():
        with psycopg.connect(database_url, autocommit=True) as connection:
            return connection.execute("SELECT raceday_ensure_days('2026-07-17', 3)").fetchone()[0]

    assert sorted(in_threads(ask, ask, ask)) == [0, 0, 3 * len(HISTORY)]


@pytest.mark.postgres
@pytest.mark.parametrize("days", [0, 61, -1])
def test_no_odd_number_of_days_is_made(as_role, days):
    with pytest.raises(psycopg.errors.RaiseException):
        as_role("raceday_writer", f"SELECT raceday_ensure_days('2026-07-17', {days})")


@pytest.mark.postgres
def test_a_day_can_be_added_while_a_reader_is_at_the_table(database_url):
    with psycopg.connect(database_url) as reader, psycopg.connect(database_url, autocommit=True) as writer:
        reader.execute("SELECT count(*) FROM odds_history")  # its transaction stays open
        writer.execute("SET lock_timeout = '10s'")
        assert writer.execute("SELECT raceday_ensure_days('2026-07-17', 1)").fetchone()[0] == len(HISTORY)


@pytest.mark.postgres
def test_the_writer_s_session_is_the_writer_with_short_timeouts(database_url):
    with open_store(database_url, size=1) as store, store.pool.connection() as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("role", "statement_timeout", "idle_in_transaction_session_timeout", "timezone")
        }
    assert shown == {
        "role": "raceday_writer",
        "statement_timeout": "5s",
        "idle_in_transaction_session_timeout": "5s",
        "timezone": "UTC",
    }
