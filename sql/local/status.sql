-- What `raceday status` shows.

-- name: select_worker_status
-- The workers that live or were seen last, the newest heartbeat first.
SELECT worker_id, is_leader, epoch, stopped_at IS NOT NULL AS stopped,
       round(extract(epoch FROM clock_timestamp() - heartbeat_real))::integer AS heartbeat_age_s,
       polls_watched, lateness_p50_ms, lateness_p99_ms, last_error
FROM worker_status
ORDER BY heartbeat_real DESC
LIMIT 5;

-- name: select_latest_job_runs
-- The newest run of each job.
SELECT DISTINCT ON (job) job, racing_day, outcome, started_at, duration_ms, records, errors
FROM job_runs
ORDER BY job, started_at DESC
LIMIT 50;

-- name: select_race_counts
-- The races of the newest racing days by status.
SELECT racing_day, status, count(*) AS races
FROM races
WHERE racing_day >= (SELECT max(racing_day) FROM races) - 1
GROUP BY racing_day, status
ORDER BY racing_day DESC, races DESC, status
LIMIT 50;
