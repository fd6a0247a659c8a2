-- The runners of a race, and how their prices and money moved.

-- name: select_entrants_by_race
-- Each runner with the newest changes of each kind of price and of its money, as JSON ready to be served: a thousand
-- rows a race are cheaper written here than carried over and written there.
SELECT left(row_to_json(e)::text, -1) || ',"odds_history":[' || coalesce(o.odds, '') || '],"money_flow_history":['
       || coalesce(m.money, '') || ']}' AS entrant
FROM (
  SELECT entrant_id, race_id, name, runner_number, barrier, barrier_position, jockey, trainer_name, silk_colours,
         silk_url_64x64, silk_url_128x128, age, sex, colour, weight_allocated, weight_total, last_twenty_starts, gear,
         horse_id, is_scratched,
         is_late_scratched OR coalesce(is_scratched AND scratch_time >= %(start_time)s, false) AS is_late_scratched,
         to_char(scratch_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS scratch_time, is_emergency,
         emergency_position, favourite, mover, bookmaker, win_odds, place_odds, fixed_win, fixed_place, pool_win,
         pool_place, hold_percentage, bet_percentage, win_pool_amount, place_pool_amount, tote_share, tote_win_amount,
         tote_source, opening_price, closing_price, closing_missing, high_price, low_price
  FROM entrants
  WHERE race_id = %(race_id)s
  ORDER BY runner_number, entrant_id
  LIMIT 100
) AS e
CROSS JOIN LATERAL (
  SELECT string_agg(replace(row_to_json(h)::text, '+00:00"', 'Z"'), ',' ORDER BY h.timestamp DESC, h.type) AS odds
  FROM (VALUES ('fixed_win'), ('fixed_place'), ('pool_win'), ('pool_place')) AS k (type)
  CROSS JOIN LATERAL (
    SELECT odds, type, event_timestamp AS timestamp, source, bookmaker
    FROM odds_history
    WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s AND entrant_id = e.entrant_id AND type = k.type
    ORDER BY event_timestamp DESC
    LIMIT %(each)s
  ) AS h
) AS o
CROSS JOIN LATERAL (
  SELECT string_agg(replace(row_to_json(f)::text, '+00:00"', 'Z"'), ',' ORDER BY f.timestamp DESC) AS money
  FROM (
    SELECT hold_percentage, bet_percentage, win_pool_amount, place_pool_amount, tote_share, tote_win_amount,
           time_to_start, polling_timestamp AS timestamp
    FROM money_flow_history
    WHERE racing_day = %(racing_day)s AND race_id = %(race_id)s AND entrant_id = e.entrant_id
    ORDER BY polling_timestamp DESC
    LIMIT %(each)s
  ) AS f
) AS m
ORDER BY e.runner_number, e.entrant_id
LIMIT 100
