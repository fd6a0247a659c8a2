-- Results as revisions: the newest one counts, the earlier ones stay.

-- name: insert_result_revision
-- A revision whenever placings, dividends, flags or the status differ from the newest one.
-- A block the answer left out keeps what the newest revision has; a flag taken back is a revision, but not the first.
WITH newest AS (
  SELECT * FROM race_results WHERE race_id = %(race_id)s ORDER BY revision DESC LIMIT 1
), wanted AS (
  SELECT s.race_id, coalesce(n.revision, 0) AS last_revision,
    coalesce(s.result_status, n.result_status) AS result_status,
    coalesce(s.results, n.results, '[]') AS results, coalesce(s.dividends, n.dividends, '[]') AS dividends,
    coalesce(s.photo_finish, n.photo_finish, false) AS photo_finish,
    coalesce(s.stewards_inquiry, n.stewards_inquiry, false) AS stewards_inquiry,
    coalesce(s.protest_lodged, n.protest_lodged, false) AS protest_lodged,
    coalesce(s.protest_text, n.protest_text) AS protest_text, s.polled_at
  FROM staging_race s LEFT JOIN newest n ON true
  WHERE s.has_results OR n.race_id IS NOT NULL
), changed AS (
  INSERT INTO race_results
  SELECT w.race_id, w.last_revision + 1, w.result_status, w.results, w.dividends, w.photo_finish,
         w.stewards_inquiry, w.protest_lodged, w.protest_text, w.polled_at
  FROM wanted w LEFT JOIN newest n ON true
  WHERE n.race_id IS NULL OR
    (n.result_status, n.results, n.dividends, n.photo_finish, n.stewards_inquiry, n.protest_lodged, n.protest_text)
      IS DISTINCT FROM
    (w.result_status, w.results, w.dividends, w.photo_finish, w.stewards_inquiry, w.protest_lodged, w.protest_text)
  RETURNING revision, result_status
)
INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id, payload)
SELECT %(cluster_id)s, s.polled_at, 'results', s.racing_day, s.meeting_id, s.race_id,
       jsonb_build_object('revision', c.revision, 'result_status', c.result_status)
FROM staging_race s CROSS JOIN changed c
