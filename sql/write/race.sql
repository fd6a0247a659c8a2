-- One race's answer: the lock, what is known, then the merges in the order of their names' use in workers/write/staging.py.

-- name: lock_race
-- Every writer of a race passes here first: MERGE is not ON CONFLICT (docs/decisions/0001).
SELECT pg_advisory_xact_lock(hashtextextended(%(race_id)s, 0))

-- name: select_race_state
-- What decides how an answer is written; read after the lock, in a statement of its own for a fresh snapshot.
-- The racing day is a guess given by the caller, for a single partition to be looked at; the stored day is returned.
SELECT
  (SELECT l.epoch FROM leadership l) AS epoch,
  coalesce(r.racing_day, m.date) AS racing_day,
  r.last_polled_at,
  r.data_hash,
  EXISTS (
    SELECT FROM money_flow_buckets b
    WHERE b.racing_day = %(racing_day)s AND b.race_id = %(race_id)s AND b.time_interval = %(time_interval)s
      AND b.polling_timestamp >= r.last_changed_at -- else a start that moved back brings an older answer's rows
  ) AS has_bucket,
  EXISTS (
    SELECT FROM money_flow_buckets b
    WHERE b.racing_day = %(racing_day)s AND b.race_id = %(race_id)s AND b.time_interval < %(time_interval)s
  ) AS has_later_bucket,
  m.meeting_id IS NOT NULL AS has_meeting
FROM (SELECT 1) AS one
LEFT JOIN races r ON r.race_id = %(race_id)s
LEFT JOIN meetings m ON m.meeting_id = %(meeting_id)s

-- name: select_known_entrants
-- The stored figures that stand in for blocks the answer left out.
SELECT entrant_id, fixed_win, fixed_place, pool_win, pool_place, hold_percentage::integer AS hold_percentage,
       bet_percentage::integer AS bet_percentage
FROM entrants WHERE race_id = %(race_id)s
ORDER BY entrant_id LIMIT 200

-- name: select_known_pools
SELECT win_pool_total, place_pool_total FROM race_pools WHERE race_id = %(race_id)s

-- name: merge_meeting_of_race
-- A race whose meeting is unknown brings its meeting; a known meeting is the card's to change. Not a MERGE: two
-- races of one meeting hold two locks and may bring it in the same moment.
INSERT INTO meetings (meeting_id, meeting_name, country, state, race_type, category, date, track_condition, weather,
                      created_at, updated_at)
SELECT s.meeting_id, s.meeting_name, s.country, s.state, s.race_type, s.category, s.racing_day, s.track_condition,
       s.weather, s.polled_at, s.polled_at
FROM staging_race s
ON CONFLICT (meeting_id) DO NOTHING

-- name: merge_race
-- The racing day stays as first written; what the answer left out keeps its stored value.
MERGE INTO races r
USING staging_race s ON r.race_id = %(race_id)s AND r.race_id = s.race_id
WHEN MATCHED THEN UPDATE SET
  meeting_id = s.meeting_id, name = s.name, race_number = s.race_number, start_time = s.start_time,
  actual_start = coalesce(s.actual_start, r.actual_start), status = s.status,
  distance = coalesce(s.distance, r.distance), track_condition = coalesce(s.track_condition, r.track_condition),
  weather = coalesce(s.weather, r.weather), track_direction = coalesce(s.track_direction, r.track_direction),
  track_surface = coalesce(s.track_surface, r.track_surface),
  rail_position = coalesce(s.rail_position, r.rail_position), race_class = coalesce(s.race_class, r.race_class),
  prize_cents = coalesce(s.prize_cents, r.prize_cents),
  positions_paid = coalesce(s.positions_paid, r.positions_paid),
  market_percentage = s.market_percentage, tracker_removed = coalesce(s.tracker_removed, r.tracker_removed),
  result_status = coalesce(s.result_status, r.result_status), data_hash = s.data_hash,
  last_polled_at = s.polled_at, last_changed_at = s.polled_at,
  closed_at = CASE WHEN s.is_open THEN NULL ELSE coalesce(r.closed_at, s.polled_at) END,
  updated_at = s.polled_at
WHEN NOT MATCHED THEN
  INSERT (race_id, meeting_id, racing_day, name, race_number, start_time, actual_start, status, distance,
          track_condition, weather, track_direction, track_surface, rail_position, race_class, prize_cents,
          positions_paid, market_percentage, tracker_removed, result_status, data_hash, last_polled_at,
          last_changed_at, closed_at, created_at, updated_at)
  VALUES (s.race_id, s.meeting_id, s.racing_day, s.name, s.race_number, s.start_time, s.actual_start, s.status,
          s.distance, s.track_condition, s.weather, s.track_direction, s.track_surface, s.rail_position,
          s.race_class, s.prize_cents, s.positions_paid, s.market_percentage, coalesce(s.tracker_removed, '{}'),
          s.result_status, s.data_hash, s.polled_at, s.polled_at,
          CASE WHEN NOT s.is_open THEN s.polled_at END, s.polled_at, s.polled_at)

-- name: lock_meeting_row
-- The last two races of a meeting may end in the same moment: the second sees the first, in a statement of its own.
SELECT FROM meetings WHERE meeting_id = %(meeting_id)s FOR NO KEY UPDATE

-- name: complete_meeting
-- A meeting is active until all its races are terminal (DOMAIN §3).
UPDATE meetings m SET status = done.status, updated_at = s.polled_at
FROM staging_race s, LATERAL (
  SELECT CASE WHEN bool_and(raceday_is_terminal(r.status)) THEN 'completed' ELSE 'active' END AS status
  FROM races r WHERE r.meeting_id = s.meeting_id
) AS done
WHERE m.meeting_id = s.meeting_id AND m.status <> done.status

-- name: touch_race
-- The same answer again moves the race's age and nothing else.
UPDATE races SET last_polled_at = %(polled_at)s WHERE race_id = %(race_id)s
