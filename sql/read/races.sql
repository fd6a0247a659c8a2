-- Races, one or by meeting or by time.

-- name: select_races_by_meeting
SELECT r.race_id, r.name, r.race_number, r.start_time, r.status, r.meeting_id, m.meeting_name, r.racing_day, m.country,
       m.category, m.race_type, m.race_type AS type, r.actual_start, r.distance, r.track_condition, r.weather,
       r.track_direction, r.track_surface, r.rail_position, r.race_class, r.prize_cents, r.positions_paid,
       r.market_percentage, r.result_status, r.closed_at, r.last_changed_at, r.last_polled_at
FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE r.meeting_id = %(meeting_id)s
ORDER BY r.race_number, r.race_id
LIMIT 200

-- name: select_race_by_id
SELECT r.race_id, r.name, r.race_number, r.start_time, r.status, r.meeting_id, m.meeting_name, r.racing_day, m.country,
       m.category, m.race_type, m.race_type AS type, r.actual_start, r.distance, r.track_condition, r.weather,
       r.track_direction, r.track_surface, r.rail_position, r.race_class, r.prize_cents, r.positions_paid,
       r.market_percentage, r.result_status, r.closed_at, r.last_changed_at, r.last_polled_at
FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE r.race_id = %(race_id)s

-- name: select_races_by_start
-- Races that are not over and start within the window.
SELECT r.race_id, r.name, r.race_number, r.start_time, r.status, r.meeting_id, m.meeting_name, r.racing_day, m.country,
       m.category, m.race_type, m.race_type AS type, r.actual_start, r.distance, r.track_condition, r.weather,
       r.track_direction, r.track_surface, r.rail_position, r.race_class, r.prize_cents, r.positions_paid,
       r.market_percentage, r.result_status, r.closed_at, r.last_changed_at, r.last_polled_at
FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE r.start_time BETWEEN %(lower_bound)s AND %(upper_bound)s AND NOT raceday_is_terminal(r.status)
ORDER BY r.start_time, r.race_id
LIMIT %(limit)s

-- name: select_next_scheduled_race
SELECT r.race_id, r.name, r.race_number, r.start_time, r.status, r.meeting_id, m.meeting_name, r.racing_day, m.country,
       m.category, m.race_type, m.race_type AS type, r.actual_start, r.distance, r.track_condition, r.weather,
       r.track_direction, r.track_surface, r.rail_position, r.race_class, r.prize_cents, r.positions_paid,
       r.market_percentage, r.result_status, r.closed_at, r.last_changed_at, r.last_polled_at
FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE r.start_time > %(now)s AND NOT raceday_is_terminal(r.status)
ORDER BY r.start_time, r.race_id
LIMIT 1

-- name: select_race_neighbours
-- The races before and after one in the order of their starts.
(SELECT 'previousRace' AS place, r.race_id, r.name, r.start_time, m.meeting_name
 FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
 WHERE (r.start_time, r.race_id) < (%(start_time)s, %(race_id)s)
 ORDER BY r.start_time DESC, r.race_id DESC LIMIT 1)
UNION ALL
(SELECT 'nextRace', r.race_id, r.name, r.start_time, m.meeting_name
 FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
 WHERE (r.start_time, r.race_id) > (%(start_time)s, %(race_id)s)
 ORDER BY r.start_time, r.race_id LIMIT 1)
UNION ALL
(SELECT 'nextScheduledRace', r.race_id, r.name, r.start_time, m.meeting_name
 FROM races r JOIN meetings m ON m.meeting_id = r.meeting_id
 WHERE r.start_time > %(now)s AND NOT raceday_is_terminal(r.status)
 ORDER BY r.start_time, r.race_id LIMIT 1)
