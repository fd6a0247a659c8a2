-- The money-flow timeline of a race, by keyset.

-- name: select_timeline
-- A page as JSON ready to be served, the place of its last row, and the buckets of the race that have rows, the earliest
-- first. Rows keep their place: a bucket's row is made once, in the order of the polls, and only its figures follow.
SELECT count(*) AS total,
       replace(string_agg(row_to_json(d)::text, ',' ORDER BY d.created_at, d.time_interval DESC, d.entrant_id),
               '+00:00"', 'Z"') AS documents,
       (array_agg(d.created_at ORDER BY d.created_at, d.time_interval DESC, d.entrant_id))[count(*)] AS last_created_at,
       (array_agg(d.time_interval ORDER BY d.created_at, d.time_interval DESC, d.entrant_id))[count(*)] AS last_interval,
       (array_agg(d.entrant_id ORDER BY d.created_at, d.time_interval DESC, d.entrant_id))[count(*)] AS last_entrant_id,
       ARRAY(
         SELECT DISTINCT time_interval
         FROM money_flow_buckets
         WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s
         ORDER BY time_interval DESC
         LIMIT 1000
       ) AS intervals
FROM (
  SELECT racing_day, race_id, entrant_id, type,
         CASE WHEN %(pool_type)s = 'place' THEN 'place' ELSE pool_type END AS pool_type, is_consolidated,
         event_timestamp, polling_timestamp, time_to_start, time_to_start_seconds, time_interval, interval_type,
         hold_percentage, bet_percentage, win_pool_amount, place_pool_amount, win_pool_percentage,
         place_pool_percentage, tote_share, tote_win_amount, tote_source,
         CASE WHEN %(pool_type)s = 'place' THEN incremental_place_amount ELSE incremental_amount END
           AS incremental_amount,
         incremental_win_amount, incremental_place_amount, incremental_tote_win_amount, fixed_win, fixed_place,
         pool_win, pool_place, money_indicator, odds_indicator, created_at
  FROM money_flow_buckets
  WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s
    AND (%(entrant_ids)s::text[] IS NULL OR entrant_id = ANY(%(entrant_ids)s))
    AND (%(created_after)s::timestamptz IS NULL OR created_at > %(created_after)s)
    AND (%(after_at)s::timestamptz IS NULL OR (created_at, -time_interval, entrant_id)
         > (%(after_at)s, -(%(after_interval)s::numeric), %(after_entrant)s))
  ORDER BY created_at, time_interval DESC, entrant_id
  LIMIT %(limit)s
) AS d
