-- The change feed: committed rows of the running cluster, in the order (xid, id), below every open transaction.

-- name: listen
LISTEN raceday

-- name: still_there
SELECT 1

-- name: select_horizon
-- Where the feed ends for now: everything below is committed or will never be. Zero as id: before any row of that xid.
SELECT raceday_cluster_id() AS cluster_id, pg_snapshot_xmin(pg_current_snapshot())::text AS xid

-- name: select_changes
-- A page after a cursor. One row at least: where nothing is found its columns are null, the horizon is there.
-- *until* ends the page before a position that somebody else goes on from.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, c.xid, c.id, c.kind, c.meeting_id, c.race_id, c.change
FROM (SELECT 1) AS one
LEFT JOIN LATERAL (
  SELECT xid::text AS xid, id, kind, meeting_id, race_id, replace((
      SELECT row_to_json(fields)::text FROM (
        SELECT changes.at, changes.kind, changes.racing_day, changes.meeting_id, changes.race_id, changes.payload
      ) AS fields
    ), '+00:00"', 'Z"') AS change
  FROM changes
  WHERE cluster_id = %(cluster_id)s
    AND (xid, id) > (%(xid)s::xid8, %(id)s)
    AND xid < pg_snapshot_xmin(pg_current_snapshot())
    AND (%(until_xid)s::text IS NULL OR (xid, id) <= (%(until_xid)s::xid8, %(until_id)s::bigint))
    AND (%(race_ids)s::text[] IS NULL OR race_id = ANY(%(race_ids)s))
    AND (%(meeting_ids)s::text[] IS NULL OR meeting_id = ANY(%(meeting_ids)s))
    AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
  ORDER BY changes.xid, changes.id
  LIMIT %(limit)s
) AS c ON true
ORDER BY c.xid::xid8, c.id

-- name: select_cursor_state
-- Whether rows after a cursor may have been deleted: all that are stored come after it, and the first ever is not among
-- them. In a young feed the first one need not have the lowest xid: its transaction may have begun after another's.
SELECT raceday_cluster_id() AS cluster_id,
  pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
  (%(xid)s::xid8 > pg_snapshot_xmax(pg_current_snapshot())) AS is_ahead,
  EXISTS (
    SELECT FROM (
      SELECT xid, id FROM changes WHERE cluster_id = raceday_cluster_id() ORDER BY xid, id LIMIT 1
    ) AS oldest
    WHERE (oldest.xid, oldest.id) > (%(xid)s::xid8, %(id)s)
  ) AND NOT EXISTS (
    SELECT FROM (
      SELECT id FROM changes WHERE cluster_id = raceday_cluster_id() ORDER BY xid, id LIMIT 1000
    ) AS earliest
    WHERE earliest.id = 1
  ) AS is_too_old

-- name: count_changes_after
-- How far behind a reader is, counted to a thousand.
SELECT count(*) AS behind
FROM (
  SELECT FROM changes
  WHERE cluster_id = %(cluster_id)s AND (xid, id) > (%(xid)s::xid8, %(id)s)
    AND xid < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY xid, id
  LIMIT 1000
) AS later
