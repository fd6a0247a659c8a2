"""What happened when: odds, money flow, buckets, pools and polls, a partition per racing day."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE odds_history (
  racing_day      date NOT NULL,
  race_id         text NOT NULL,
  entrant_id      text NOT NULL,
  bookmaker       text NOT NULL DEFAULT 'tab_nz',
  type            text NOT NULL CHECK (type IN ('fixed_win', 'fixed_place', 'pool_win', 'pool_place')),
  odds            numeric(10,2),
  source          text NOT NULL DEFAULT 'poll' CHECK (source IN ('poll', 'upstream')),
  event_timestamp timestamptz NOT NULL,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (racing_day, race_id, entrant_id, type, event_timestamp, bookmaker, source)
) PARTITION BY RANGE (racing_day);
CREATE INDEX odds_history_by_time ON odds_history USING brin (event_timestamp);

CREATE TABLE money_flow_history (
  racing_day                  date NOT NULL,
  race_id                     text NOT NULL,
  entrant_id                  text NOT NULL,
  type                        text NOT NULL DEFAULT 'hold_percentage',
  pool_type                   text NOT NULL DEFAULT 'win',
  is_consolidated             boolean NOT NULL DEFAULT false,
  event_timestamp             timestamptz NOT NULL,
  polling_timestamp           timestamptz NOT NULL,
  time_to_start               integer NOT NULL,
  time_to_start_seconds       integer NOT NULL,
  time_interval               numeric(5,1) NOT NULL,
  interval_type               text NOT NULL CHECK (interval_type IN ('5m', '2m', '30s', 'live')),
  hold_percentage             numeric(5,2),
  bet_percentage              numeric(5,2),
  win_pool_amount             bigint,
  place_pool_amount           bigint,
  win_pool_percentage         numeric(5,2),
  place_pool_percentage       numeric(5,2),
  tote_share                  numeric(9,8),
  tote_win_amount             bigint,
  tote_source                 text,
  incremental_amount          bigint,
  incremental_win_amount      bigint,
  incremental_place_amount    bigint,
  incremental_tote_win_amount bigint,
  created_at                  timestamptz NOT NULL,
  PRIMARY KEY (racing_day, race_id, entrant_id, polling_timestamp)
) PARTITION BY RANGE (racing_day);

CREATE TABLE money_flow_buckets (
  LIKE money_flow_history,
  fixed_win       numeric(10,2),
  fixed_place     numeric(10,2),
  pool_win        numeric(10,2),
  pool_place      numeric(10,2),
  money_indicator numeric(7,2),
  odds_indicator  numeric(7,2),
  PRIMARY KEY (racing_day, race_id, time_interval, entrant_id)
) PARTITION BY RANGE (racing_day);
ALTER TABLE money_flow_buckets
  ALTER type SET DEFAULT 'bucketed_aggregation',
  ALTER pool_type SET DEFAULT 'win',
  ALTER is_consolidated SET DEFAULT true;

CREATE TABLE race_pools_history (
  racing_day           date NOT NULL,
  race_id              text NOT NULL,
  polling_timestamp    timestamptz NOT NULL,
  win_pool_total       bigint,
  place_pool_total     bigint,
  quinella_pool_total  bigint,
  trifecta_pool_total  bigint,
  exacta_pool_total    bigint,
  first4_pool_total    bigint,
  total_race_pool      bigint,
  PRIMARY KEY (racing_day, race_id, polling_timestamp)
) PARTITION BY RANGE (racing_day);

CREATE TABLE polls (
  racing_day  date NOT NULL,
  race_id     text NOT NULL,
  reason      text NOT NULL CHECK (reason IN ('poll', 'entrants', 'backfill', 'hand')),
  due_at      timestamptz,
  started_at  timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  lateness_ms integer,
  bytes       integer,
  data_hash   text,
  outcome     text NOT NULL CHECK (outcome IN
    ('changed', 'unchanged', 'older', 'unavailable', 'refused', 'payload', 'store', 'internal')),
  tries       integer NOT NULL DEFAULT 1,
  http_status integer,
  error       text,
  faults      jsonb NOT NULL DEFAULT '[]',
  epoch       bigint,
  worker_id   text,
  PRIMARY KEY (racing_day, race_id, started_at)
) PARTITION BY RANGE (racing_day);
"""

# A partition is made beside its parent and attached: PARTITION OF would wait for, and block, every reader.
DAYS = """
CREATE FUNCTION raceday_partitioned() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['odds_history', 'money_flow_history', 'money_flow_buckets', 'race_pools_history', 'polls'];

CREATE FUNCTION raceday_ensure_days(first_day date, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  parent text;
  child  text;
  day    date;
  made   integer := 0;
BEGIN
  IF days NOT BETWEEN 1 AND 60 THEN
    RAISE EXCEPTION 'raceday_ensure_days: days must be 1 to 60, not %', days;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('raceday_ensure_days', 0));
  FOR day IN SELECT first_day + n FROM generate_series(0, days - 1) AS n LOOP
    FOREACH parent IN ARRAY public.raceday_partitioned() LOOP
      child := parent || '_' || to_char(day, 'YYYY_MM_DD');
      CONTINUE WHEN to_regclass('public.' || child) IS NOT NULL;
      EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', child, parent);
      IF parent = 'money_flow_buckets' THEN
        EXECUTE format('ALTER TABLE public.%I SET (fillfactor = 50)', child);
      END IF;
      EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                     parent, child, day, day + 1);
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
"""

# Increments and indicators of one bucket's rows, given as arrays side by side (DOMAIN §4, §5). The writer asks for
# the bucket it is about to merge, `raceday_mend_buckets` for the later ones that stand on it: one logic, two sources.
DERIVED = """
CREATE FUNCTION raceday_bucket_before(bucket numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN bucket >= 60 THEN NULL WHEN bucket >= 5 THEN bucket + 5 WHEN bucket >= 0 THEN bucket + 1
            WHEN bucket >= -5 THEN bucket + 0.5 ELSE bucket + 1 END;

CREATE FUNCTION raceday_increment(amount bigint, before bigint, bucket numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN amount IS NULL THEN NULL WHEN before IS NOT NULL THEN amount - before
            WHEN bucket >= 55 THEN amount ELSE 0 END;

CREATE FUNCTION raceday_bucket_figures(
  day date, race text, bucket numeric, entrant_ids text[], win bigint[], place bigint[], tote bigint[],
  fixed_prices numeric[], tote_prices numeric[], scratched boolean[]
) RETURNS TABLE (entrant_id text, win_increment bigint, place_increment bigint, tote_increment bigint,
                 money numeric, odds numeric)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH earlier AS (
    SELECT b.entrant_id,
      (array_agg(b.win_pool_amount ORDER BY b.time_interval)
        FILTER (WHERE b.win_pool_amount IS NOT NULL))[1] AS win,
      (array_agg(b.place_pool_amount ORDER BY b.time_interval)
        FILTER (WHERE b.place_pool_amount IS NOT NULL))[1] AS place,
      (array_agg(b.tote_win_amount ORDER BY b.time_interval)
        FILTER (WHERE b.tote_win_amount IS NOT NULL))[1] AS tote
    FROM money_flow_buckets b
    WHERE b.racing_day = day AND b.race_id = race AND b.time_interval > bucket
    GROUP BY b.entrant_id
  ), grown AS (
    SELECT r.entrant_id, r.fixed_price, r.tote_price, r.is_scratched,
      raceday_increment(r.win, e.win, bucket) AS win,
      raceday_increment(r.place, e.place, bucket) AS place,
      raceday_increment(r.tote, e.tote, bucket) AS tote
    FROM unnest(entrant_ids, win, place, tote, fixed_prices, tote_prices, scratched)
      AS r (entrant_id, win, place, tote, fixed_price, tote_price, is_scratched)
    LEFT JOIN earlier e ON e.entrant_id = r.entrant_id
  ), shared AS (
    SELECT g.*, greatest(g.win, 0) * 100.0 / nullif(sum(greatest(g.win, 0)) OVER (), 0) AS share FROM grown g
  ), last AS (
    SELECT b.entrant_id, b.fixed_win, b.pool_win,
      greatest(b.incremental_win_amount, 0) * 100.0
        / nullif(sum(greatest(b.incremental_win_amount, 0)) OVER (), 0) AS share
    FROM money_flow_buckets b
    WHERE b.racing_day = day AND b.race_id = race AND b.time_interval = raceday_bucket_before(bucket)
  ), moved AS (
    SELECT s.*, l.entrant_id IS NOT NULL AS has_last, s.share - l.share AS money,
      coalesce((l.fixed_win - s.fixed_price) / l.fixed_win, (l.pool_win - s.tote_price) / l.pool_win) * 100 AS odds
    FROM shared s LEFT JOIN last l ON l.entrant_id = s.entrant_id
  )
  SELECT m.entrant_id, m.win, m.place, m.tote,
    CASE WHEN NOT m.has_last THEN NULL WHEN m.is_scratched OR m.money IS NULL OR m.money < 5 THEN 0
         ELSE round(m.money, 2) END,
    CASE WHEN NOT m.has_last THEN NULL WHEN m.is_scratched OR m.odds IS NULL OR m.odds < 5 THEN 0
         ELSE round(m.odds, 2) END
  FROM moved m;
END $$;

CREATE FUNCTION raceday_mend_buckets(day date, race text, below numeric) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  bucket numeric;
BEGIN
  FOR bucket IN
    SELECT DISTINCT b.time_interval FROM money_flow_buckets b
    WHERE b.racing_day = day AND b.race_id = race AND b.time_interval < below
    ORDER BY b.time_interval DESC
  LOOP
    UPDATE money_flow_buckets b SET
      incremental_amount = f.win_increment, incremental_win_amount = f.win_increment,
      incremental_place_amount = f.place_increment, incremental_tote_win_amount = f.tote_increment,
      money_indicator = f.money, odds_indicator = f.odds
    FROM (
      SELECT array_agg(r.entrant_id) AS ids, array_agg(r.win_pool_amount) AS win,
        array_agg(r.place_pool_amount) AS place, array_agg(r.tote_win_amount) AS tote,
        array_agg(r.fixed_win) AS fixed_prices, array_agg(r.pool_win) AS tote_prices,
        array_agg(coalesce(e.is_scratched, false)) AS scratched
      FROM money_flow_buckets r LEFT JOIN entrants e ON e.race_id = race AND e.entrant_id = r.entrant_id
      WHERE r.racing_day = day AND r.race_id = race AND r.time_interval = bucket
    ) AS a,
    LATERAL raceday_bucket_figures(
      day, race, bucket, a.ids, a.win, a.place, a.tote, a.fixed_prices, a.tote_prices, a.scratched) AS f
    WHERE b.racing_day = day AND b.race_id = race AND b.time_interval = bucket AND b.entrant_id = f.entrant_id
      AND (b.incremental_win_amount, b.incremental_place_amount, b.incremental_tote_win_amount,
           b.money_indicator, b.odds_indicator)
        IS DISTINCT FROM (f.win_increment, f.place_increment, f.tote_increment, f.money, f.odds);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for part in (TABLES, DAYS, DERIVED):
        connection.execute(part)
