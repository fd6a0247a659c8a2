-- Meetings of a racing day.

-- name: select_meetings
-- A null filter lets all through.
SELECT m.meeting_id, m.meeting_name, m.country, m.state, m.race_type, m.category, m.date, m.status,
       m.track_condition, m.weather, m.tote_status, r.first_race_time, r.last_race_time, r.race_count
FROM meetings m
CROSS JOIN LATERAL (
  SELECT min(start_time) AS first_race_time, max(start_time) AS last_race_time, count(*) AS race_count
  FROM races WHERE races.meeting_id = m.meeting_id
) AS r
WHERE m.date = %(date)s
  AND (%(category)s::text IS NULL OR m.category = %(category)s)
  AND (%(country)s::text IS NULL OR m.country = %(country)s)
ORDER BY m.date, m.meeting_name, m.meeting_id
LIMIT 500

-- name: select_meeting_by_id
SELECT m.meeting_id, m.meeting_name, m.country, m.state, m.race_type, m.category, m.date, m.status,
       m.track_condition, m.weather, m.tote_status, r.first_race_time, r.last_race_time, r.race_count
FROM meetings m
CROSS JOIN LATERAL (
  SELECT min(start_time) AS first_race_time, max(start_time) AS last_race_time, count(*) AS race_count
  FROM races WHERE races.meeting_id = m.meeting_id
) AS r
WHERE m.meeting_id = %(meeting_id)s
