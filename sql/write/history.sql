-- What differs between the staged answer and the stored race, into history and the change feed; before the merges.

-- name: insert_race_changes
-- A race seen first is a change by itself, and no move from nothing. A scratching is late where upstream flags it so,
-- which it never did yet, or where its time is the advertised start or after it (docs/decisions/0007).
INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id, payload)
SELECT %(cluster_id)s, s.polled_at, c.kind, s.racing_day, s.meeting_id, s.race_id, c.payload
FROM staging_race s
LEFT JOIN races r ON r.race_id = %(race_id)s
LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_object(
    'entrant_id', n.entrant_id, 'runner_number', n.runner_number, 'is_scratched', n.is_scratched,
    'scratch_time', n.scratch_time, 'late', n.is_late_scratched OR coalesce(n.scratch_time >= s.start_time, false)) ORDER BY n.runner_number) AS runners
  FROM staging_entrants n
  LEFT JOIN entrants e ON e.race_id = %(race_id)s AND e.entrant_id = n.entrant_id
  WHERE n.is_scratched <> coalesce(e.is_scratched, false)
) AS scratched ON true
CROSS JOIN LATERAL (VALUES
  ('race', r.race_id IS NULL, jsonb_build_object('name', s.name, 'race_number', s.race_number)),
  ('status', r.status <> s.status, jsonb_build_object('from', r.status, 'to', s.status)),
  ('start_time', r.start_time <> s.start_time, jsonb_build_object('from', r.start_time, 'to', s.start_time)),
  ('track_condition', s.track_condition IS NOT NULL AND r.race_id IS NOT NULL
     AND r.track_condition IS DISTINCT FROM s.track_condition,
   jsonb_build_object('from', r.track_condition, 'to', s.track_condition)),
  ('weather', s.weather IS NOT NULL AND r.race_id IS NOT NULL AND r.weather IS DISTINCT FROM s.weather,
   jsonb_build_object('from', r.weather, 'to', s.weather)),
  ('scratching', scratched.runners IS NOT NULL, jsonb_build_object('entrants', scratched.runners))
) AS c (kind, differs, payload)
WHERE c.differs

-- name: insert_history
-- Odds: a row per price that differs at two decimals, to and from null. Money flow: while the race is open, a row
-- per runner whose figures differ from its last row, with the growth since each amount was last known: in its last row,
-- or before it where that one has none. Pools: a row per change (DOMAIN §4).
WITH prices AS (
  INSERT INTO odds_history (racing_day, race_id, entrant_id, type, odds, event_timestamp, created_at)
  SELECT r.racing_day, r.race_id, s.entrant_id, p.type, p.odds, r.polled_at, r.polled_at
  FROM staging_race r
  CROSS JOIN staging_entrants s
  LEFT JOIN entrants e ON e.race_id = %(race_id)s AND e.entrant_id = s.entrant_id
  CROSS JOIN LATERAL (VALUES
    ('fixed_win', s.fixed_win, e.fixed_win), ('fixed_place', s.fixed_place, e.fixed_place),
    ('pool_win', s.pool_win, e.pool_win), ('pool_place', s.pool_place, e.pool_place)
  ) AS p (type, odds, stored)
  WHERE p.odds IS DISTINCT FROM p.stored
  RETURNING entrant_id
), flows AS (
  INSERT INTO money_flow_history (
    racing_day, race_id, entrant_id, event_timestamp, polling_timestamp, time_to_start, time_to_start_seconds,
    time_interval, interval_type, hold_percentage, bet_percentage, win_pool_amount, place_pool_amount,
    win_pool_percentage, place_pool_percentage, tote_share, tote_win_amount, tote_source,
    incremental_amount, incremental_win_amount, incremental_place_amount, incremental_tote_win_amount, created_at)
  SELECT f.racing_day, f.race_id, f.entrant_id, f.polled_at, f.polled_at, floor(f.time_to_start_seconds / 60.0),
    f.time_to_start_seconds, f.time_interval, f.interval_type, f.hold_percentage, f.bet_percentage,
    f.win_pool_amount, f.place_pool_amount, f.win_pool_percentage, f.place_pool_percentage, f.tote_share,
    f.tote_win_amount, f.tote_source,
    raceday_increment(f.win_pool_amount, f.win_before, f.time_interval),
    raceday_increment(f.win_pool_amount, f.win_before, f.time_interval),
    raceday_increment(f.place_pool_amount, f.place_before, f.time_interval),
    raceday_increment(f.tote_win_amount, f.tote_before, f.time_interval), f.polled_at
  FROM (
    SELECT s.*, r.racing_day, r.race_id, r.polled_at, r.time_to_start_seconds, r.time_interval, r.interval_type,
      CASE WHEN s.win_pool_amount IS NOT NULL THEN coalesce(h.win_pool_amount, (
        SELECT k.win_pool_amount FROM money_flow_history k
        WHERE k.racing_day = %(racing_day)s AND k.race_id = %(race_id)s AND k.entrant_id = s.entrant_id
          AND k.win_pool_amount IS NOT NULL
        ORDER BY k.polling_timestamp DESC LIMIT 1)) END AS win_before,
      CASE WHEN s.place_pool_amount IS NOT NULL THEN coalesce(h.place_pool_amount, (
        SELECT k.place_pool_amount FROM money_flow_history k
        WHERE k.racing_day = %(racing_day)s AND k.race_id = %(race_id)s AND k.entrant_id = s.entrant_id
          AND k.place_pool_amount IS NOT NULL
        ORDER BY k.polling_timestamp DESC LIMIT 1)) END AS place_before,
      CASE WHEN s.tote_win_amount IS NOT NULL THEN coalesce(h.tote_win_amount, (
        SELECT k.tote_win_amount FROM money_flow_history k
        WHERE k.racing_day = %(racing_day)s AND k.race_id = %(race_id)s AND k.entrant_id = s.entrant_id
          AND k.tote_win_amount IS NOT NULL
        ORDER BY k.polling_timestamp DESC LIMIT 1)) END AS tote_before
    FROM staging_race r
    CROSS JOIN staging_entrants s
    LEFT JOIN LATERAL (
      SELECT h.* FROM money_flow_history h
      WHERE h.racing_day = %(racing_day)s AND h.race_id = %(race_id)s AND h.entrant_id = s.entrant_id
      ORDER BY h.polling_timestamp DESC LIMIT 1
    ) AS h ON true
    WHERE r.is_open
      AND (s.hold_percentage, s.bet_percentage, s.win_pool_amount, s.place_pool_amount, s.tote_share, s.tote_win_amount)
        IS DISTINCT FROM
          (h.hold_percentage, h.bet_percentage, h.win_pool_amount, h.place_pool_amount, h.tote_share, h.tote_win_amount)
    OFFSET 0 -- kept apart: an earlier amount is looked for once, and only for the rows that are written
  ) AS f
  RETURNING entrant_id
), totals AS (
  INSERT INTO race_pools_history
  SELECT s.racing_day, s.race_id, s.polled_at, s.win_pool_total, s.place_pool_total, s.quinella_pool_total,
         s.trifecta_pool_total, s.exacta_pool_total, s.first4_pool_total, s.total_race_pool
  FROM staging_race s
  LEFT JOIN race_pools p ON p.race_id = %(race_id)s
  WHERE s.has_pools AND (
    p.race_id IS NULL OR (p.win_pool_total, p.place_pool_total, p.quinella_pool_total, p.trifecta_pool_total,
                          p.exacta_pool_total, p.first4_pool_total)
      IS DISTINCT FROM (s.win_pool_total, s.place_pool_total, s.quinella_pool_total, s.trifecta_pool_total,
                        s.exacta_pool_total, s.first4_pool_total))
  RETURNING total_race_pool, win_pool_total
)
INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id, payload)
SELECT %(cluster_id)s, s.polled_at, c.kind, s.racing_day, s.meeting_id, s.race_id, c.payload
FROM staging_race s
CROSS JOIN LATERAL (
  SELECT 'odds' AS kind, jsonb_build_object('entrants', jsonb_agg(DISTINCT entrant_id)) AS payload
  FROM prices HAVING count(*) > 0
  UNION ALL
  SELECT 'money_flow', jsonb_build_object('entrants', count(*), 'time_interval', s.time_interval)
  FROM flows HAVING count(*) > 0
  UNION ALL
  SELECT 'pools', jsonb_build_object('total_race_pool', total_race_pool, 'win_pool_total', win_pool_total) FROM totals
) AS c

-- name: insert_upstream_odds
-- After a gap of ours: the moves of the fixed win price that upstream itself remembers, between our two polls. Only
-- what differs from the price before it, also where our poll's own row follows or its price is the one from before
-- the gap, so that both sources together are one series (docs/decisions/0007); never twice.
INSERT INTO odds_history (racing_day, race_id, entrant_id, type, odds, source, event_timestamp, created_at)
SELECT %(racing_day)s, %(race_id)s, m.entrant_id, 'fixed_win', m.price, 'upstream', m.at, %(polled_at)s
FROM (
  SELECT f.*, lead(f.at) OVER one IS NULL AS is_last,
    max(f.at) FILTER (WHERE f.price = f.polled) OVER (PARTITION BY f.entrant_id) AS last_at_polled
  FROM (
    SELECT u.entrant_id, u.at, u.price, e.fixed_win AS known, s.fixed_win AS polled,
      lag(u.price, 1, e.fixed_win) OVER (PARTITION BY u.entrant_id ORDER BY u.at) AS before
    FROM unnest(%(fluc_entrants)s::text[], %(fluc_times)s::timestamptz[], %(fluc_prices)s::numeric[])
      AS u (entrant_id, at, price)
    JOIN entrants e ON e.race_id = %(race_id)s AND e.entrant_id = u.entrant_id
    JOIN staging_entrants s ON s.entrant_id = u.entrant_id
  ) AS f
  WHERE f.price IS DISTINCT FROM f.before
  WINDOW one AS (PARTITION BY f.entrant_id ORDER BY f.at)
) AS m
WHERE CASE WHEN m.polled IS DISTINCT FROM m.known THEN NOT m.is_last OR m.price IS DISTINCT FROM m.polled
           ELSE m.at <= m.last_at_polled END
ON CONFLICT DO NOTHING
