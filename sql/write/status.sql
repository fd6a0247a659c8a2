-- The row by which the other service, and the person on call, see this worker.

-- name: merge_worker_status
INSERT INTO worker_status (worker_id, host, pid, version, started_at, heartbeat_at, heartbeat_real, is_leader, epoch,
  current_jobs, next_polls, polls_watched, lateness_p50_ms, lateness_p99_ms, counters, upstream, last_error,
  last_error_at, stopped_at)
VALUES (%(worker_id)s, %(host)s, %(pid)s, %(version)s, %(started_at)s, %(heartbeat_at)s, %(heartbeat_real)s,
  %(is_leader)s, %(epoch)s, %(current_jobs)s, %(next_polls)s, %(polls_watched)s, %(lateness_p50_ms)s,
  %(lateness_p99_ms)s, %(counters)s, %(upstream)s, %(last_error)s, %(last_error_at)s, %(stopped_at)s)
ON CONFLICT (worker_id) DO UPDATE SET
  heartbeat_at = excluded.heartbeat_at, heartbeat_real = excluded.heartbeat_real, is_leader = excluded.is_leader,
  epoch = excluded.epoch, current_jobs = excluded.current_jobs, next_polls = excluded.next_polls,
  polls_watched = excluded.polls_watched, lateness_p50_ms = excluded.lateness_p50_ms,
  lateness_p99_ms = excluded.lateness_p99_ms, counters = excluded.counters, upstream = excluded.upstream,
  last_error = excluded.last_error, last_error_at = excluded.last_error_at, stopped_at = excluded.stopped_at

-- name: delete_old_workers
DELETE FROM worker_status WHERE heartbeat_real < %(before)s
