-- A race as it was known at an instant.

-- name: select_race_then
SELECT r.race_id, r.name, r.race_number, r.racing_day, r.meeting_id, m.meeting_name, r.status, r.start_time,
       r.track_condition, r.weather, r.created_at
FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE r.race_id = %(race_id)s

-- name: select_race_changes
-- What of the race itself changed, in order.
SELECT at, kind, payload
FROM changes
WHERE race_id = %(race_id)s AND kind IN ('status', 'start_time', 'track_condition', 'weather', 'scratching')
ORDER BY at, xid, id
LIMIT 2000

-- name: select_entrants_then
-- Each runner with the last row of each price and of its money that was written by then.
SELECT e.entrant_id, e.name, e.runner_number, e.is_scratched, o.fixed_win, o.fixed_place, o.pool_win, o.pool_place,
       f.hold_percentage, f.bet_percentage, f.win_pool_amount, f.place_pool_amount, f.tote_share, f.tote_win_amount
FROM entrants e
CROSS JOIN LATERAL (
  SELECT max(h.odds) FILTER (WHERE k.type = 'fixed_win') AS fixed_win,
         max(h.odds) FILTER (WHERE k.type = 'fixed_place') AS fixed_place,
         max(h.odds) FILTER (WHERE k.type = 'pool_win') AS pool_win,
         max(h.odds) FILTER (WHERE k.type = 'pool_place') AS pool_place
  FROM (VALUES ('fixed_win'), ('fixed_place'), ('pool_win'), ('pool_place')) AS k (type)
  CROSS JOIN LATERAL (
    SELECT odds FROM odds_history
    WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s AND entrant_id = e.entrant_id AND type = k.type
      AND bookmaker = e.bookmaker AND created_at <= %(at)s
    ORDER BY event_timestamp DESC LIMIT 1
  ) AS h
) AS o
LEFT JOIN LATERAL (
  SELECT * FROM money_flow_history
  WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s AND entrant_id = e.entrant_id
    AND polling_timestamp <= %(at)s
  ORDER BY polling_timestamp DESC LIMIT 1
) AS f ON true
WHERE e.race_id = %(race_id)s AND e.created_at <= %(at)s
ORDER BY e.runner_number, e.entrant_id
LIMIT 100

-- name: select_pools_then
SELECT win_pool_total, place_pool_total, quinella_pool_total, trifecta_pool_total, exacta_pool_total,
       first4_pool_total, total_race_pool, polling_timestamp AS last_updated
FROM race_pools_history
WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s AND polling_timestamp <= %(at)s
ORDER BY polling_timestamp DESC
LIMIT 1

-- name: select_poll_then
-- The last good poll by then.
SELECT started_at
FROM polls
WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s AND started_at <= %(at)s
  AND outcome IN ('changed', 'unchanged')
ORDER BY started_at DESC
LIMIT 1

-- name: select_result_then
SELECT revision, result_status, results, recorded_at
FROM race_results
WHERE race_id = %(race_id)s AND recorded_at <= %(at)s
ORDER BY revision DESC
LIMIT 1
