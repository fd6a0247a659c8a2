-- The end of old days.

-- name: drop_days
SELECT raceday_drop_days(%(first_kept)s)

-- name: delete_old_meetings
DELETE FROM meetings WHERE date < %(first_kept)s

-- name: delete_old_changes
DELETE FROM changes WHERE at < %(before)s

-- name: delete_old_runs
DELETE FROM job_runs WHERE started_at < %(before)s

-- name: delete_old_notifications
DELETE FROM notifications WHERE created_at < %(before)s

-- name: delete_old_reconciliations
DELETE FROM day_reconciliation WHERE racing_day < %(first_kept)s
