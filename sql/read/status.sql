-- What says how the workers are, and what their jobs did.

-- name: select_workers
-- The workers seen last, living ones first. Ages are real time, by the reader's clock.
SELECT worker_id, host, pid, version, started_at, heartbeat_at, heartbeat_real, is_leader, epoch, current_jobs,
       next_polls, polls_watched, lateness_p50_ms, lateness_p99_ms, counters, upstream, last_error, last_error_at,
       stopped_at, extract(epoch FROM %(real_now)s - heartbeat_real)::float8 AS heartbeat_age_s
FROM worker_status
ORDER BY stopped_at IS NULL DESC, is_leader DESC, heartbeat_real DESC
LIMIT 10

-- name: select_races_in_hand
-- Races whose polls are due about now: what staleness is judged by.
SELECT race_id, status, start_time, last_polled_at
FROM races
WHERE start_time BETWEEN %(earliest)s AND %(latest)s AND NOT raceday_is_terminal(status)
ORDER BY start_time, race_id
LIMIT 1000

-- name: select_feed_delay
-- Committed changes that an open transaction holds back from the feed: how many, at most a thousand.
SELECT count(*) AS held_back
FROM (
  SELECT FROM changes
  WHERE cluster_id = raceday_cluster_id() AND xid >= pg_snapshot_xmin(pg_current_snapshot())
  LIMIT 1000
) AS held

-- name: select_job_runs
-- Per job its last run and when its last good one began.
SELECT j.*, g.started_at AS last_success
FROM (
  SELECT DISTINCT ON (job) job, racing_day, started_by, started_at, finished_at, duration_ms, peak_memory_bytes,
         records, api_calls, errors, messages, outcome
  FROM job_runs
  WHERE started_at > %(since)s
  ORDER BY job, started_at DESC
  LIMIT 100
) AS j
LEFT JOIN LATERAL (
  SELECT started_at FROM job_runs g
  WHERE g.job = j.job AND g.outcome IN ('success', 'partial')
  ORDER BY g.started_at DESC LIMIT 1
) AS g ON true
ORDER BY j.job
LIMIT 100
