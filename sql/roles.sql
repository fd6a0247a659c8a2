-- The two roles of the services, table by table. Applied after every migration; running it twice changes nothing.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'raceday_writer') THEN CREATE ROLE raceday_writer; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'raceday_reader') THEN CREATE ROLE raceday_reader; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- roles are the cluster's: another migration was faster
END $$;

-- Whoever migrates may act as either; a superuser may anyway.
DO $$
BEGIN
  IF NOT pg_has_role(current_user, 'raceday_writer', 'SET') THEN
    EXECUTE format('GRANT raceday_writer, raceday_reader TO %I', current_user);
  END IF;
EXCEPTION WHEN invalid_parameter_value THEN -- before PostgreSQL 16 there is no SET option to ask for
  EXECUTE format('GRANT raceday_writer, raceday_reader TO %I', current_user);
END $$;

GRANT USAGE ON SCHEMA public TO raceday_writer, raceday_reader;

GRANT SELECT ON
  meetings, races, entrants, race_pools, race_results, jockey_silks, bookmakers, courses,
  odds_history, money_flow_history, money_flow_buckets, race_pools_history, polls,
  changes, worker_status, leadership, job_runs, user_alert_configs, notifications, race_coverage,
  day_reconciliation, alembic_version
TO raceday_reader, raceday_writer;

GRANT INSERT, UPDATE, DELETE ON
  meetings, races, entrants, race_pools, race_results, jockey_silks, bookmakers, courses,
  worker_status, job_runs, notifications, race_coverage, day_reconciliation
TO raceday_writer;
GRANT INSERT, UPDATE, DELETE ON money_flow_buckets TO raceday_writer;
GRANT INSERT ON odds_history, money_flow_history, race_pools_history, polls TO raceday_writer;
GRANT INSERT, DELETE ON changes TO raceday_writer;
GRANT UPDATE ON leadership TO raceday_writer;
GRANT INSERT, UPDATE, DELETE ON user_alert_configs TO raceday_writer;

REVOKE ALL ON FUNCTION raceday_ensure_days(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raceday_ensure_days(date, integer) TO raceday_writer;
REVOKE ALL ON FUNCTION raceday_drop_days(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raceday_drop_days(date) TO raceday_writer;
