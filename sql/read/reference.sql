-- What changes seldom, and what is counted.

-- name: select_bookmakers
SELECT bookmaker, name, is_tote
FROM bookmakers
ORDER BY bookmaker
LIMIT %(limit)s OFFSET %(offset)s

-- name: select_courses
SELECT course_id, name, country, state, category
FROM courses
WHERE (%(country)s::text IS NULL OR country = %(country)s)
ORDER BY name, course_id
LIMIT %(limit)s OFFSET %(offset)s

-- name: select_day_statistics
-- A racing day counted.
SELECT
  (SELECT count(*) FROM meetings WHERE date = %(date)s) AS meetings,
  d.races, d.races_by_status, d.races_with_result, d.entrants, d.scratched, d.total_pools_cents, d.largest_pool_cents,
  d.average_market_percentage,
  p.good_polls, p.failed_polls, p.filled_buckets, p.expected_buckets
FROM (
  SELECT count(*) AS races,
    coalesce((SELECT jsonb_object_agg(s.status, s.races) FROM (
      SELECT status, count(*) AS races FROM races WHERE racing_day = %(date)s GROUP BY status) AS s), '{}')
      AS races_by_status,
    count(r.result_status) AS races_with_result,
    coalesce(sum(e.entrants), 0)::bigint AS entrants, coalesce(sum(e.scratched), 0)::bigint AS scratched,
    sum(t.total_race_pool)::bigint AS total_pools_cents, max(t.total_race_pool) AS largest_pool_cents,
    round(avg(r.market_percentage), 2) AS average_market_percentage
  FROM races r
  LEFT JOIN race_pools t ON t.race_id = r.race_id
  LEFT JOIN LATERAL (
    SELECT count(*) AS entrants, count(*) FILTER (WHERE is_scratched) AS scratched
    FROM entrants WHERE entrants.race_id = r.race_id
  ) AS e ON true
  WHERE r.racing_day = %(date)s
) AS d
CROSS JOIN (
  SELECT sum(good_polls)::bigint AS good_polls, sum(failed_polls)::bigint AS failed_polls,
         sum(filled_buckets)::bigint AS filled_buckets, sum(expected_buckets)::bigint AS expected_buckets
  FROM race_coverage WHERE racing_day = %(date)s
) AS p

-- name: select_coverage
-- What was expected of each race of a day against what came.
SELECT c.race_id, r.name, r.race_number, r.start_time, r.status, m.meeting_name, c.expected_polls, c.good_polls,
       c.failed_polls, c.expected_buckets, c.filled_buckets, c.last_five_expected, c.last_five_good, c.gaps,
       c.updated_at
FROM race_coverage c
JOIN races r ON r.race_id = c.race_id
JOIN meetings m ON m.meeting_id = r.meeting_id
WHERE c.racing_day = %(date)s
ORDER BY r.start_time, c.race_id
LIMIT 1000

-- name: select_reconciliation
SELECT racing_day, races, polled, terminal, final, with_results, orphans, never_polled, not_terminal, without_result,
       updated_at
FROM day_reconciliation
WHERE racing_day = %(date)s
