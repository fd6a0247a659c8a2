-- The runners of a race, and how their prices and money moved.

-- name: select_entrants_by_race
SELECT entrant_id, race_id, name, runner_number, barrier, barrier_position, jockey, trainer_name, silk_colours,
       silk_url_64x64, silk_url_128x128, age, sex, colour, weight_allocated, weight_total, last_twenty_starts, gear,
       horse_id, is_scratched, is_late_scratched, scratch_time, is_emergency, emergency_position, favourite, mover,
       bookmaker, win_odds, place_odds, fixed_win, fixed_place, pool_win, pool_place, hold_percentage,
       bet_percentage, win_pool_amount, place_pool_amount, tote_share, tote_win_amount, tote_source, opening_price,
       closing_price, closing_missing, high_price, low_price
FROM entrants
WHERE race_id = %(race_id)s
ORDER BY runner_number, entrant_id
LIMIT 100

-- name: select_odds_history_by_race
-- The newest changes of each runner and kind of price.
SELECT e.entrant_id, h.odds, h.type, h.event_timestamp AS timestamp, h.source, h.bookmaker
FROM entrants e
CROSS JOIN (VALUES ('fixed_win'), ('fixed_place'), ('pool_win'), ('pool_place')) AS k (type)
CROSS JOIN LATERAL (
  SELECT * FROM odds_history h
  WHERE h.racing_day = %(racing_day)s AND h.race_id = %(race_id)s AND h.entrant_id = e.entrant_id AND h.type = k.type
  ORDER BY h.event_timestamp DESC
  LIMIT %(each)s
) AS h
WHERE e.race_id = %(race_id)s
ORDER BY e.entrant_id, h.event_timestamp DESC, h.type
LIMIT 20000

-- name: select_money_flow_by_race
-- The newest changes of each runner's money.
SELECT e.entrant_id, f.hold_percentage, f.bet_percentage, f.win_pool_amount, f.place_pool_amount, f.tote_share,
       f.tote_win_amount, f.time_to_start, f.polling_timestamp AS timestamp
FROM entrants e
CROSS JOIN LATERAL (
  SELECT * FROM money_flow_history f
  WHERE f.racing_day = %(racing_day)s AND f.race_id = %(race_id)s AND f.entrant_id = e.entrant_id
  ORDER BY f.polling_timestamp DESC
  LIMIT %(each)s
) AS f
WHERE e.race_id = %(race_id)s
ORDER BY e.entrant_id, f.polling_timestamp DESC
LIMIT 5000
