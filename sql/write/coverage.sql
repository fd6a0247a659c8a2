-- What was expected against what came.

-- name: select_races_of_day
SELECT r.race_id, r.start_time, r.status, r.created_at,
  (SELECT count(DISTINCT b.time_interval) FROM money_flow_buckets b
   WHERE b.racing_day = %(date)s AND b.race_id = r.race_id) AS filled_buckets
FROM races r WHERE r.racing_day = %(date)s
ORDER BY r.start_time, r.race_id LIMIT 2000

-- name: select_status_changes_of_day
SELECT race_id, at, payload->>'to' AS status, payload->>'from' AS status_before FROM changes
WHERE racing_day = %(date)s AND kind = 'status' AND race_id IS NOT NULL
ORDER BY race_id, at, id LIMIT 50000

-- name: select_polls_of_race
SELECT started_at AS at, outcome IN ('changed', 'unchanged') AS good, error FROM polls
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
-- Races on the card against polled, over, final and with results; history rows whose runner is not stored.
INSERT INTO day_reconciliation (racing_day, races, polled, terminal, final, with_results, orphans, never_polled,
  not_terminal, without_result, updated_at)
SELECT %(date)s, count(*), count(r.last_polled_at), count(*) FILTER (WHERE raceday_is_terminal(r.status)),
  count(*) FILTER (WHERE r.status = 'final'), count(result.race_id),
  (SELECT count(*) FROM odds_history h WHERE h.racing_day = %(date)s
    AND NOT EXISTS (SELECT FROM entrants e WHERE e.race_id = h.race_id AND e.entrant_id = h.entrant_id))
  + (SELECT count(*) FROM money_flow_history h WHERE h.racing_day = %(date)s
    AND NOT EXISTS (SELECT FROM entrants e WHERE e.race_id = h.race_id AND e.entrant_id = h.entrant_id)),
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
