-- The board by stage.

-- name: select_board_races
-- The racing day's races, and those of other days that are about to start or did not end.
SELECT r.race_id, r.racing_day, r.start_time, r.name, r.race_number, r.status, r.distance, r.meeting_id, r.last_changed_at,
       r.last_polled_at, m.meeting_name, m.race_type, m.category, m.country
FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE r.racing_day = %(racing_day)s
   OR (r.start_time BETWEEN %(earliest)s AND %(latest)s AND NOT raceday_is_terminal(r.status))
ORDER BY r.start_time, r.race_id
LIMIT 1000

-- name: select_board_races_by_id
SELECT r.race_id, r.racing_day, r.start_time, r.name, r.race_number, r.status, r.distance, r.meeting_id, r.last_changed_at,
       r.last_polled_at, m.meeting_name, m.race_type, m.category, m.country
FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE r.race_id = ANY(%(race_ids)s)
ORDER BY r.start_time, r.race_id
LIMIT 1000

-- name: select_board_runners
SELECT race_id, entrant_id, name, runner_number, is_scratched, bookmaker, fixed_win, pool_win
FROM entrants
WHERE race_id = ANY(%(race_ids)s)
ORDER BY race_id, runner_number, entrant_id
LIMIT 40000
