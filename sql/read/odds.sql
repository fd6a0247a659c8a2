-- Prices across races: as they stand, and as they were at the off.

-- name: select_live_odds
-- The runners of a day's races that are not over, as JSON; their age is the reader's to add.
SELECT o.race_id, o.off_time, o.status, o.last_polled_at,
       replace((to_jsonb(o) - 'last_polled_at')::text, '+00:00"', 'Z"') AS runner
FROM (
  SELECT r.race_id, r.racing_day AS date, r.start_time AS off_time, r.status, r.last_polled_at,
         m.meeting_name AS course, m.country, r.name AS race_name, r.race_number, m.race_type AS type, e.entrant_id,
         e.name, e.runner_number AS number, e.is_scratched, e.bookmaker, e.win_odds AS odds_decimal, e.fixed_win,
         e.fixed_place, e.pool_win, e.pool_place, e.hold_percentage, e.opening_price, e.updated_at
  FROM races r
  JOIN meetings m ON m.meeting_id = r.meeting_id
  JOIN entrants e ON e.race_id = r.race_id
  WHERE r.racing_day = %(date)s AND NOT raceday_is_terminal(r.status)
    AND (%(course)s::text IS NULL OR lower(m.meeting_name) = lower(%(course)s))
    AND (%(bookmaker)s::text IS NULL OR e.bookmaker = %(bookmaker)s)
  ORDER BY r.start_time, r.race_id, e.runner_number, e.entrant_id
  LIMIT %(limit)s OFFSET %(offset)s
) AS o
ORDER BY o.off_time, o.race_id, o.number, o.entrant_id
LIMIT %(limit)s

-- name: select_historical_odds
-- The runners of a day's races that are over, with the price they opened and closed at and where they came in.
SELECT o.race_id, o.off_time, o.status, o.last_polled_at,
       replace((to_jsonb(o) - 'last_polled_at' || jsonb_build_object('position', (
         SELECT (p ->> 'position')::integer
         FROM (SELECT results FROM race_results WHERE race_id = o.race_id ORDER BY revision DESC LIMIT 1) AS newest,
              jsonb_array_elements(newest.results) AS p
         WHERE p ->> 'entrant_id' = o.entrant_id
         LIMIT 1
       )))::text, '+00:00"', 'Z"') AS runner
FROM (
  SELECT r.race_id, r.racing_day AS date, r.start_time AS off_time, r.status, r.last_polled_at,
         m.meeting_name AS course, m.country, r.name AS race_name, r.race_number, m.race_type AS type, e.entrant_id,
         e.name, e.runner_number AS number, e.is_scratched, e.bookmaker, e.opening_price, e.closing_price,
         e.closing_missing, e.high_price, e.low_price
  FROM races r
  JOIN meetings m ON m.meeting_id = r.meeting_id
  JOIN entrants e ON e.race_id = r.race_id
  WHERE r.racing_day = %(date)s AND raceday_is_terminal(r.status)
    AND (%(course)s::text IS NULL OR lower(m.meeting_name) = lower(%(course)s))
    AND (%(bookmaker)s::text IS NULL OR e.bookmaker = %(bookmaker)s)
  ORDER BY r.start_time, r.race_id, e.runner_number, e.entrant_id
  LIMIT %(limit)s OFFSET %(offset)s
) AS o
ORDER BY o.off_time, o.race_id, o.number, o.entrant_id
LIMIT %(limit)s

-- name: select_movers
-- Runners whose fixed price moved since an instant; one first seen after it is compared with its first price.
-- The days are given so that the plan is made over two partitions and not over all of them.
SELECT *
FROM (
  SELECT r.race_id, r.name AS race_name, r.race_number, r.start_time, r.status, r.last_polled_at, m.meeting_name,
         m.country, m.category, e.entrant_id, e.name, e.runner_number, coalesce(before.odds, first.odds) AS from_odds,
         coalesce(before.event_timestamp, first.event_timestamp) AS from_at, e.fixed_win AS to_odds,
         round((e.fixed_win / coalesce(before.odds, first.odds) - 1) * 100, 2) AS move_percent
  FROM races r
  JOIN meetings m ON m.meeting_id = r.meeting_id
  JOIN entrants e ON e.race_id = r.race_id
  LEFT JOIN LATERAL (
    SELECT h.odds, h.event_timestamp FROM odds_history h
    WHERE h.racing_day = r.racing_day AND h.racing_day BETWEEN %(first_day)s AND %(last_day)s
      AND h.race_id = r.race_id AND h.entrant_id = e.entrant_id
      AND h.type = 'fixed_win' AND h.bookmaker = e.bookmaker AND h.event_timestamp <= %(since)s
    ORDER BY h.event_timestamp DESC LIMIT 1
  ) AS before ON true
  LEFT JOIN LATERAL (
    SELECT h.odds, h.event_timestamp FROM odds_history h
    WHERE before.odds IS NULL AND h.racing_day = r.racing_day
      AND h.racing_day BETWEEN %(first_day)s AND %(last_day)s AND h.race_id = r.race_id
      AND h.entrant_id = e.entrant_id AND h.type = 'fixed_win' AND h.bookmaker = e.bookmaker AND h.odds IS NOT NULL
      AND h.event_timestamp > %(since)s
    ORDER BY h.event_timestamp LIMIT 1
  ) AS first ON true
  WHERE r.start_time BETWEEN %(earliest)s AND %(latest)s AND NOT raceday_is_terminal(r.status)
    AND NOT e.is_scratched AND e.fixed_win IS NOT NULL AND coalesce(before.odds, first.odds) > 0
) AS moved
WHERE abs(move_percent) >= %(minimum)s
  AND (%(direction)s = 'both' OR (%(direction)s = 'steam') = (move_percent < 0)) AND move_percent <> 0
ORDER BY abs(move_percent) DESC, start_time, race_id, entrant_id
LIMIT %(limit)s
