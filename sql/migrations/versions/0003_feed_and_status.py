"""The change feed, the lease, the workers' status, job runs, and what users ask to be told."""

from alembic import op

revision = "0003"
down_revision = "0002"

SCHEMA = """
CREATE TABLE changes (
  cluster_id bigint NOT NULL,
  xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id         bigint GENERATED ALWAYS AS IDENTITY,
  at         timestamptz NOT NULL,
  kind       text NOT NULL,
  racing_day date NOT NULL,
  meeting_id text NOT NULL,
  race_id    text,
  payload    jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (cluster_id, xid, id)
);
CREATE INDEX changes_by_race ON changes (race_id, at);
CREATE INDEX changes_by_time ON changes (at);

CREATE FUNCTION raceday_cluster_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
RETURN (SELECT system_identifier FROM pg_control_system());

CREATE TABLE leadership (
  singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch      bigint NOT NULL,
  holder     text,
  expires_at timestamptz NOT NULL
);
INSERT INTO leadership (epoch, holder, expires_at) VALUES (0, NULL, '-infinity');

CREATE TABLE worker_status (
  worker_id       text PRIMARY KEY,
  host            text NOT NULL,
  pid             integer NOT NULL,
  version         text NOT NULL,
  started_at      timestamptz NOT NULL,
  heartbeat_at    timestamptz NOT NULL,
  heartbeat_real  timestamptz NOT NULL,
  is_leader       boolean NOT NULL,
  epoch           bigint,
  current_jobs    jsonb NOT NULL DEFAULT '[]',
  next_polls      jsonb NOT NULL DEFAULT '[]',
  polls_watched   integer NOT NULL DEFAULT 0,
  lateness_p50_ms integer,
  lateness_p99_ms integer,
  counters        jsonb NOT NULL DEFAULT '{}',
  upstream        jsonb NOT NULL DEFAULT '{}',
  last_error      text,
  last_error_at   timestamptz,
  stopped_at      timestamptz
) WITH (fillfactor = 50);

CREATE TABLE job_runs (
  run_id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job               text NOT NULL,
  racing_day        date NOT NULL,
  started_by        text NOT NULL CHECK (started_by IN ('schedule', 'start', 'retry', 'hand')),
  started_at        timestamptz NOT NULL,
  finished_at       timestamptz,
  duration_ms       integer,
  peak_memory_bytes bigint,
  records           integer NOT NULL DEFAULT 0,
  api_calls         integer NOT NULL DEFAULT 0,
  errors            integer NOT NULL DEFAULT 0,
  messages          jsonb NOT NULL DEFAULT '[]',
  outcome           text NOT NULL CHECK (outcome IN ('running', 'success', 'partial', 'failed', 'stopped')),
  worker_id         text
);
CREATE INDEX job_runs_by_job ON job_runs (job, started_at DESC);

CREATE TABLE user_alert_configs (
  user_id                text PRIMARY KEY,
  indicators             jsonb NOT NULL,
  toggle_all             boolean NOT NULL DEFAULT true,
  audible_alerts_enabled boolean NOT NULL DEFAULT true,
  updated_at             timestamptz NOT NULL
);

CREATE TABLE notifications (
  notification_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id         text NOT NULL,
  racing_day      date NOT NULL,
  race_id         text NOT NULL,
  entrant_id      text,
  time_interval   numeric(5,1),
  kind            text NOT NULL,
  payload         jsonb NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL,
  delivered_at    timestamptz,
  UNIQUE NULLS NOT DISTINCT (user_id, race_id, entrant_id, time_interval, kind)
);
CREATE INDEX notifications_by_user ON notifications (user_id, created_at DESC);
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(SCHEMA)
