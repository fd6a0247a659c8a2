-- Which of the seeded rows the load generator asks for.

-- name: select_sample_races
-- Finished races of the whole month in no order: hardly any is asked for twice while its answer is still kept.
SELECT race_id, meeting_id, racing_day::text AS racing_day, start_time::text AS start_time
FROM races
WHERE raceday_is_terminal(status)
ORDER BY md5(race_id)
LIMIT 400

-- name: select_near_races
-- The races that most clients look at: about to start.
SELECT race_id, meeting_id, racing_day::text AS racing_day, start_time::text AS start_time
FROM races
WHERE NOT raceday_is_terminal(status) AND last_polled_at IS NOT NULL
ORDER BY start_time
LIMIT 8

-- name: select_sample_cursors
-- Places all over the feed.
SELECT cluster_id, xid::text AS xid, id
FROM changes
WHERE id %% 97 = 0
ORDER BY md5(id::text)
LIMIT 200
