"""What was expected against what came, per race and per day; and the end of old days."""

from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMA = """
CREATE TABLE race_coverage (
  race_id            text PRIMARY KEY REFERENCES races ON DELETE CASCADE,
  racing_day         date NOT NULL,
  expected_polls     integer NOT NULL,
  good_polls         integer NOT NULL,
  failed_polls       integer NOT NULL,
  expected_buckets   integer NOT NULL,
  filled_buckets     integer NOT NULL,
  last_five_expected integer NOT NULL,
  last_five_good     integer NOT NULL,
  gaps               jsonb NOT NULL DEFAULT '[]',
  updated_at         timestamptz NOT NULL
);
CREATE INDEX race_coverage_by_day ON race_coverage (racing_day);

CREATE TABLE day_reconciliation (
  racing_day     date PRIMARY KEY,
  races          integer NOT NULL,
  polled         integer NOT NULL,
  terminal       integer NOT NULL,
  final          integer NOT NULL,
  with_results   integer NOT NULL,
  orphans        integer NOT NULL,
  never_polled   jsonb NOT NULL DEFAULT '[]',
  not_terminal   jsonb NOT NULL DEFAULT '[]',
  without_result jsonb NOT NULL DEFAULT '[]',
  updated_at     timestamptz NOT NULL
);

-- Days before *first_kept* go: history by its partitions, the rest by its meetings.
CREATE FUNCTION raceday_drop_days(first_kept date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  old     record;
  dropped integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('raceday_ensure_days', 0));
  FOR old IN
    SELECT c.oid::regclass AS partition FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_class p ON p.oid = i.inhparent
    WHERE p.relname = ANY (public.raceday_partitioned()) AND p.relnamespace = 'public'::regnamespace
      AND to_date(right(c.relname, 10), 'YYYY_MM_DD') < first_kept
  LOOP
    EXECUTE format('DROP TABLE %s', old.partition);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(SCHEMA)
