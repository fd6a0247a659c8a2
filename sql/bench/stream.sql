-- What the stream's bench writes: changes as a poll makes them, marked with a number that comes out at the other end.

-- name: insert_numbered_changes
INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id, payload)
SELECT raceday_cluster_id(), %(at)s, kind, %(day)s, 'bench-meeting', 'bench-race-' || %(race)s, payload
FROM (
  SELECT jsonb_build_object('entrants', jsonb_agg(md5(n::text)::uuid)) AS entrants FROM generate_series(1, 11) AS n
) AS e
CROSS JOIN LATERAL (VALUES
  ('odds', e.entrants),
  ('money_flow', jsonb_build_object('entrants', 11, 'time_interval', 5)),
  ('pools', jsonb_build_object('number', %(number)s::integer))
) AS c (kind, payload)

-- name: notify_numbered_changes
SELECT pg_notify('raceday', jsonb_build_object(
  'race_id', 'bench-race-' || %(race)s, 'kinds', jsonb_build_array('odds', 'money_flow', 'pools'),
  'at', %(at)s::timestamptz)::text)
