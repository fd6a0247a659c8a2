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

-- name: select_days
-- What was expected of the newest racing days against what came.
SELECT d.racing_day, d.races, d.polled, d.final, d.with_results, d.orphans,
       sum(c.expected_polls) AS polls_expected, sum(c.good_polls) AS good, sum(c.failed_polls) AS failed,
       sum(c.expected_buckets) AS buckets_expected, sum(c.filled_buckets) AS filled,
       sum(c.last_five_expected) AS last_five_expected, sum(c.last_five_good) AS last_five_good
FROM day_reconciliation d
LEFT JOIN race_coverage c ON c.racing_day = d.racing_day
GROUP BY d.racing_day
ORDER BY d.racing_day DESC
LIMIT 3;

-- name: select_gaps
-- The stretches of the newest day in which most polls were missed, with their cause.
SELECT r.racing_day, m.meeting_name AS meeting, r.race_number AS race, gap.cause, gap.missed, gap.begins, gap.ends
FROM race_coverage c
JOIN races r ON r.race_id = c.race_id
JOIN meetings m ON m.meeting_id = r.meeting_id
CROSS JOIN LATERAL jsonb_to_recordset(c.gaps)
  AS gap (cause text, missed integer, begins timestamptz, ends timestamptz)
WHERE c.racing_day = (SELECT max(racing_day) FROM race_coverage)
ORDER BY gap.missed DESC, gap.begins, r.race_id
LIMIT 10;
