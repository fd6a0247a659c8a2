-- A race's result: the newest revision counts.

-- name: select_race_results
-- One row for every race that is stored; nulls where nothing of a result is known.
SELECT r.race_id, r.status, r.start_time, r.racing_day, r.last_polled_at, s.revision, s.result_status, s.results,
       s.dividends, s.photo_finish, s.stewards_inquiry, s.protest_lodged, s.protest_text, s.recorded_at
FROM races r
LEFT JOIN LATERAL (
  SELECT * FROM race_results s WHERE s.race_id = r.race_id ORDER BY s.revision DESC LIMIT 1
) AS s ON true
WHERE r.race_id = %(race_id)s

-- name: select_fixed_odds_by_race
SELECT entrant_id, name, runner_number, fixed_win, fixed_place
FROM entrants
WHERE race_id = %(race_id)s
ORDER BY runner_number, entrant_id
LIMIT 100
