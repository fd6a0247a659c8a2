-- What the workers ask to know what is due; nothing is remembered only in memory.

-- name: select_races_to_poll
-- Races in the window that are not over, with the last good poll.
SELECT race_id, racing_day, start_time, status, last_polled_at
FROM races
WHERE start_time BETWEEN %(earliest)s AND %(latest)s AND NOT raceday_is_terminal(status)
ORDER BY start_time, race_id LIMIT 2000

-- name: select_race_to_poll
SELECT race_id, racing_day, start_time, status, last_polled_at FROM races WHERE race_id = %(race_id)s

-- name: select_last_runs
-- Per job the start of its last run and of its last good one.
SELECT job, max(started_at) AS tried, max(started_at) FILTER (WHERE outcome IN ('success', 'partial')) AS good
FROM job_runs WHERE started_at > %(since)s
GROUP BY job ORDER BY job LIMIT 100

-- name: count_meetings_of_day
SELECT count(*) FROM meetings WHERE date = %(date)s

-- name: select_active_meetings
SELECT meeting_id, meeting_name FROM meetings
WHERE date = %(date)s AND status = 'active'
ORDER BY meeting_name, meeting_id LIMIT 500

-- name: select_races_without_entrants
-- The next races of a day that have no runners yet, by start.
SELECT r.race_id, r.racing_day, r.start_time, r.status, r.last_polled_at
FROM races r
WHERE r.racing_day = %(date)s AND r.last_polled_at IS NULL AND NOT raceday_is_terminal(r.status)
  AND r.start_time > %(after)s
ORDER BY r.start_time, r.race_id LIMIT %(limit)s

-- name: insert_job_run
INSERT INTO job_runs (job, racing_day, started_by, started_at, outcome, worker_id)
VALUES (%(job)s, %(racing_day)s, %(started_by)s, %(started_at)s, 'running', %(worker_id)s)
RETURNING run_id

-- name: finish_job_run
UPDATE job_runs SET finished_at = %(finished_at)s, duration_ms = %(duration_ms)s,
  peak_memory_bytes = %(peak_memory_bytes)s, records = %(records)s, api_calls = %(api_calls)s, errors = %(errors)s,
  messages = %(messages)s, outcome = %(outcome)s
WHERE run_id = %(run_id)s

-- name: close_lost_runs
-- Runs whose worker ended without a word.
UPDATE job_runs SET outcome = 'failed', finished_at = %(now)s, messages = '["the worker ended during this run"]'
WHERE outcome = 'running' AND started_at < %(now)s

-- name: select_races_to_backfill
-- Of days that are not over: races nobody has polled, races that a card has ended (a card's change takes the hash
-- away), races that left the window unfinished, and finished ones whose result may yet be revised, ever more seldom.
SELECT r.race_id, r.racing_day, r.start_time, r.status, r.last_polled_at
FROM races r
WHERE r.racing_day BETWEEN %(first_day)s AND %(last_day)s
  AND (r.last_polled_at IS NULL
    OR (raceday_is_terminal(r.status) AND r.data_hash IS NULL)
    OR (NOT raceday_is_terminal(r.status) AND r.start_time < %(earliest)s
        AND r.last_polled_at < %(now)s - interval '10 minutes')
    OR (raceday_is_terminal(r.status)
        AND r.last_polled_at < %(now)s - greatest(interval '30 minutes', (%(now)s - r.start_time) / 3)))
ORDER BY (r.last_polled_at IS NOT NULL), raceday_is_terminal(r.status), r.start_time, r.race_id
LIMIT %(limit)s
