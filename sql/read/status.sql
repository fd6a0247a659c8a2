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
-- Per job its last run and when its last good one began; from job to job by the index, however many runs there are.
WITH RECURSIVE jobs AS (
  (SELECT job FROM job_runs ORDER BY job LIMIT 1)
  UNION ALL
  SELECT (SELECT r.job FROM job_runs r WHERE r.job > jobs.job ORDER BY r.job LIMIT 1) FROM jobs WHERE jobs.job IS NOT NULL
)
SELECT j.*, g.started_at AS last_success
FROM jobs
CROSS JOIN LATERAL (
  SELECT r.job, r.racing_day, r.started_by, r.started_at, r.finished_at, r.duration_ms, r.peak_memory_bytes,
         r.records, r.api_calls, r.errors, r.messages, r.outcome
  FROM job_runs r
  WHERE r.job = jobs.job AND r.started_at > %(since)s
  ORDER BY r.started_at DESC LIMIT 1
) AS j
LEFT JOIN LATERAL (
  SELECT g.started_at FROM job_runs g
  WHERE g.job = jobs.job AND g.outcome IN ('success', 'partial')
  ORDER BY g.started_at DESC LIMIT 1
) AS g ON true
ORDER BY j.job
LIMIT 100
