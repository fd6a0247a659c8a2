-- What was expected against what came.

-- name: select_races_of_day
SELECT r.race_id, r.start_time, r.status, r.created_at,
  (SELECT count(DISTINCT b.time_interval) FROM money_flow_buckets b
   WHERE b.racing_day = %(date)s AND b.race_id = r.race_id) AS filled_buckets
FROM races r WHERE r.racing_day = %(date)s
ORDER BY r.start_time, r.race_id LIMIT 2000

-- name: select_changes_of_day
-- What was told of each race's status and start, and when: what was due at an instant follows from what was known.
SELECT race_id, at, kind, CASE kind WHEN 'status' THEN payload->>'to' END AS status,
  CASE kind WHEN 'start_time' THEN (payload->>'from')::timestamptz END AS start_before,
  CASE kind WHEN 'start_time' THEN (payload->>'to')::timestamptz END AS start
FROM changes
WHERE racing_day = %(date)s AND kind IN ('status', 'start_time') AND race_id IS NOT NULL
ORDER BY race_id, at, xid, id LIMIT 50000

-- name: select_polls_of_race
SELECT started_at AS at, outcome, error FROM polls
WHERE racing_day = %(date)s AND race_id = %(race_id)s
ORDER BY started_at LIMIT 20000

-- name: merge_race_coverage
INSERT INTO race_coverage (race_id, racing_day, expected_polls, good_polls, failed_polls, expected_buckets,
  filled_buckets, last_five_expected, last_five_good, gaps, updated_at)
VALUES (%(race_id)s, %(racing_day)s, %(expected_polls)s, %(good_polls)s, %(failed_polls)s, %(expected_buckets)s,
  %(filled_buckets)s, %(last_five_expected)s, %(last_five_good)s, %(gaps)s, %(updated_at)s)
ON CONFLICT (race_id) DO UPDATE SET
  expected_polls = excluded.expected_polls, good_polls = excluded.good_polls, failed_polls = excluded.failed_polls,
  expected_buckets = excluded.expected_buckets, filled_buckets = excluded.filled_buckets,
  last_five_expected = excluded.last_five_expected, last_five_good = excluded.last_five_good, gaps = excluded.gaps,
  updated_at = excluded.updated_at

-- name: reconcile_day
-- Races on the card against polled, over, final and with results; the day's history rows whose runner is not stored,
-- or whose race is not where they have no runner.
INSERT INTO day_reconciliation (racing_day, races, polled, terminal, final, with_results, orphans, never_polled,
  not_terminal, without_result, updated_at)
SELECT %(date)s, count(*), count(r.last_polled_at), count(*) FILTER (WHERE raceday_is_terminal(r.status)),
  count(*) FILTER (WHERE r.status = 'final'), count(result.race_id),
  (SELECT count(*) FROM (
      SELECT o.race_id, o.entrant_id FROM odds_history o WHERE o.racing_day = %(date)s
      UNION ALL SELECT f.race_id, f.entrant_id FROM money_flow_history f WHERE f.racing_day = %(date)s
      UNION ALL SELECT b.race_id, b.entrant_id FROM money_flow_buckets b WHERE b.racing_day = %(date)s) AS h
    WHERE NOT EXISTS (SELECT FROM entrants e WHERE e.race_id = h.race_id AND e.entrant_id = h.entrant_id))
  + (SELECT count(*) FROM (
      SELECT h.race_id FROM race_pools_history h WHERE h.racing_day = %(date)s
      UNION ALL SELECT p.race_id FROM polls p WHERE p.racing_day = %(date)s) AS h
    WHERE NOT EXISTS (SELECT FROM races k WHERE k.race_id = h.race_id)),
  coalesce(jsonb_agg(r.race_id) FILTER (WHERE r.last_polled_at IS NULL), '[]'),
  coalesce(jsonb_agg(r.race_id) FILTER (WHERE NOT raceday_is_terminal(r.status)), '[]'),
  coalesce(jsonb_agg(r.race_id) FILTER (WHERE r.status = 'final' AND result.race_id IS NULL), '[]'),
  %(now)s
FROM races r
LEFT JOIN LATERAL (
  SELECT x.race_id FROM race_results x WHERE x.race_id = r.race_id AND x.results <> '[]' ORDER BY x.revision DESC LIMIT 1
) AS result ON true
WHERE r.racing_day = %(date)s
ON CONFLICT (racing_day) DO UPDATE SET
  races = excluded.races, polled = excluded.polled, terminal = excluded.terminal, final = excluded.final,
  with_results = excluded.with_results, orphans = excluded.orphans, never_polled = excluded.never_polled,
  not_terminal = excluded.not_terminal, without_result = excluded.without_result, updated_at = excluded.updated_at
