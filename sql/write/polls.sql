-- A row per poll, good or bad, and the notice that wakes the readers.

-- name: insert_poll_and_notify
-- The last of a race's transaction: its `polls` row, and a notice that names what the transaction changed.
-- No kinds: the race was polled and is the same. A changed answer always names one: what it changed may be no
-- change of the feed (a jockey, a hold after the close), and readers must look again all the same.
WITH noted AS (
  INSERT INTO polls (racing_day, race_id, reason, due_at, started_at, finished_at, lateness_ms, bytes, data_hash,
                     outcome, tries, http_status, error, faults, epoch, worker_id)
  VALUES (%(racing_day)s, %(race_id)s, %(reason)s, %(due_at)s, %(started_at)s, %(finished_at)s, %(lateness_ms)s,
          %(bytes)s, %(data_hash)s, %(outcome)s, %(tries)s, %(http_status)s, %(error)s, %(faults)s, %(epoch)s,
          %(worker_id)s)
  ON CONFLICT DO NOTHING
)
SELECT kinds, pg_notify('raceday', jsonb_build_object(
  'race_id', %(race_id)s::text, 'kinds',
  CASE WHEN kinds = '{}' AND %(outcome)s::text = 'changed' THEN jsonb_build_array('race') ELSE to_jsonb(kinds) END, 'at', %(polled_at)s::timestamptz)::text)
FROM (
  SELECT coalesce(array_agg(c.kind ORDER BY c.id), '{}') AS kinds
  FROM changes c
  WHERE c.cluster_id = %(cluster_id)s AND c.xid = pg_current_xact_id()
) AS changed

-- name: insert_failed_poll
-- A poll that brought no answer; the racing day is the stored one, where the race is known. Only the leader's count.
INSERT INTO polls (racing_day, race_id, reason, due_at, started_at, finished_at, lateness_ms, bytes, outcome, tries,
                   http_status, error, epoch, worker_id)
SELECT coalesce((SELECT r.racing_day FROM races r WHERE r.race_id = %(race_id)s), %(racing_day)s), %(race_id)s,
       %(reason)s, %(due_at)s, %(started_at)s, %(finished_at)s, %(lateness_ms)s, %(bytes)s, %(outcome)s, %(tries)s,
       %(http_status)s, %(error)s, %(epoch)s, %(worker_id)s
FROM leadership l WHERE l.epoch = %(epoch)s
ON CONFLICT DO NOTHING

-- name: notify_card
SELECT pg_notify('raceday', jsonb_build_object('race_id', null, 'kinds', jsonb_build_array('meeting'),
                                               'at', %(polled_at)s::timestamptz)::text)

-- name: ensure_days
SELECT raceday_ensure_days(%(first_day)s, %(days)s)

-- name: cluster_id
SELECT raceday_cluster_id()
