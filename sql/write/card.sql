-- The day's card: meetings and their races. A race that is being polled tells of itself: the card changes nothing of it.

-- name: lock_meeting
SELECT pg_advisory_xact_lock(hashtextextended(%(meeting_id)s, 1))

-- name: lock_card_races
-- The races of the meeting, in one order, so that two cards and the pollers never wait in a circle.
SELECT pg_advisory_xact_lock(hashtextextended(race_id, 0))
FROM (SELECT unnest(%(race_ids)s::text[]) AS race_id ORDER BY 1) AS ordered

-- name: select_epoch_and_cluster
SELECT epoch, raceday_cluster_id() FROM leadership

-- name: merge_meeting
MERGE INTO meetings m
USING (VALUES (%(meeting_id)s)) AS s (meeting_id) ON m.meeting_id = %(meeting_id)s
WHEN MATCHED AND (m.meeting_name, m.country, m.state, m.category, m.track_condition, m.weather, m.tote_status)
  IS DISTINCT FROM (%(meeting_name)s, %(country)s, coalesce(%(state)s, m.state), %(category)s,
                    coalesce(%(track_condition)s, m.track_condition), coalesce(%(weather)s, m.weather),
                    coalesce(%(tote_status)s, m.tote_status))
THEN UPDATE SET
  meeting_name = %(meeting_name)s, country = %(country)s, state = coalesce(%(state)s, m.state),
  race_type = %(race_type)s, category = %(category)s,
  track_condition = coalesce(%(track_condition)s, m.track_condition), weather = coalesce(%(weather)s, m.weather),
  tote_status = coalesce(%(tote_status)s, m.tote_status), updated_at = %(polled_at)s
WHEN NOT MATCHED THEN
  INSERT (meeting_id, meeting_name, country, state, race_type, category, date, track_condition, weather,
          tote_status, created_at, updated_at)
  VALUES (%(meeting_id)s, %(meeting_name)s, %(country)s, %(state)s, %(race_type)s, %(category)s, %(date)s,
          %(track_condition)s, %(weather)s, %(tote_status)s, %(polled_at)s, %(polled_at)s)

-- name: insert_card_changes
INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id, payload)
SELECT %(cluster_id)s, %(polled_at)s, c.kind, coalesce(r.racing_day, %(date)s), %(meeting_id)s, s.race_id, c.payload
FROM staging_card s
LEFT JOIN races r ON r.race_id = s.race_id
CROSS JOIN LATERAL (VALUES
  ('race', r.race_id IS NULL, jsonb_build_object('name', s.name, 'race_number', s.race_number)),
  ('status', r.status <> s.status, jsonb_build_object('from', r.status, 'to', s.status)),
  ('start_time', r.start_time <> s.start_time, jsonb_build_object('from', r.start_time, 'to', s.start_time)),
  ('track_condition', s.track_condition IS NOT NULL AND r.race_id IS NOT NULL
     AND r.track_condition IS DISTINCT FROM s.track_condition,
   jsonb_build_object('from', r.track_condition, 'to', s.track_condition)),
  ('weather', s.weather IS NOT NULL AND r.race_id IS NOT NULL AND r.weather IS DISTINCT FROM s.weather,
   jsonb_build_object('from', r.weather, 'to', s.weather))
) AS c (kind, differs, payload)
WHERE c.differs AND (r.last_polled_at IS NULL OR r.last_polled_at < %(polled_at)s - interval '10 minutes')
ORDER BY s.race_number

-- name: merge_card_races
-- New races come in whole; of a known race only what the card knows, and nothing of one polled in the last ten
-- minutes: the card lags behind the race's own answer, and an old start would take it out of the poller's sight.
MERGE INTO races r
USING staging_card s ON r.race_id = s.race_id
WHEN MATCHED AND (r.last_polled_at IS NULL OR r.last_polled_at < %(polled_at)s - interval '10 minutes')
  AND (r.meeting_id, r.name, r.race_number, r.start_time, r.status, r.distance, r.track_condition, r.weather)
    IS DISTINCT FROM (%(meeting_id)s, s.name, s.race_number, s.start_time, s.status,
                      coalesce(s.distance, r.distance), coalesce(s.track_condition, r.track_condition),
                      coalesce(s.weather, r.weather))
THEN UPDATE SET
  meeting_id = %(meeting_id)s, name = s.name, race_number = s.race_number, start_time = s.start_time,
  status = s.status, distance = coalesce(s.distance, r.distance),
  track_condition = coalesce(s.track_condition, r.track_condition), weather = coalesce(s.weather, r.weather),
  data_hash = NULL, updated_at = %(polled_at)s
WHEN NOT MATCHED THEN
  INSERT (race_id, meeting_id, racing_day, name, race_number, start_time, status, distance, track_condition,
          weather, created_at, updated_at)
  VALUES (s.race_id, %(meeting_id)s, %(date)s, s.name, s.race_number, s.start_time, s.status, s.distance,
          s.track_condition, s.weather, %(polled_at)s, %(polled_at)s)

-- name: complete_card_meeting
UPDATE meetings m SET status = done.status, updated_at = %(polled_at)s
FROM (
  SELECT CASE WHEN bool_and(raceday_is_terminal(r.status)) THEN 'completed' ELSE 'active' END AS status
  FROM races r WHERE r.meeting_id = %(meeting_id)s
) AS done
WHERE m.meeting_id = %(meeting_id)s AND m.status <> done.status
