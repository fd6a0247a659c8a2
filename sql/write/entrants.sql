-- The runners of one race as they stand now.

-- name: merge_entrants
-- Runners missing from the answer stay; a price seen while open and not started is the closing price so far.
MERGE INTO entrants e
USING (
  SELECT s.*, r.polled_at, r.is_open, r.is_open AND NOT r.has_started AS is_live FROM staging_entrants s CROSS JOIN staging_race r
) s ON e.race_id = %(race_id)s AND e.entrant_id = s.entrant_id
WHEN MATCHED AND (
  e.name, e.runner_number, e.barrier, e.barrier_position, e.jockey, e.trainer_name, e.silk_colours,
  e.silk_url_64x64, e.silk_url_128x128, e.weight_total, e.gear, e.is_scratched, e.is_late_scratched,
  e.scratch_time, e.is_emergency, e.emergency_position, e.favourite, e.mover,
  e.fixed_win, e.fixed_place, e.pool_win, e.pool_place, e.hold_percentage, e.bet_percentage,
  e.win_pool_amount, e.place_pool_amount, e.tote_share, e.tote_win_amount, e.tote_source,
  e.last_twenty_starts, e.age, e.sex, e.colour, e.weight_allocated, e.horse_id
) IS DISTINCT FROM (
  s.name, s.runner_number, s.barrier, s.barrier_position, s.jockey, s.trainer_name, s.silk_colours,
  s.silk_url_64x64, s.silk_url_128x128, s.weight_total, s.gear, s.is_scratched, s.is_late_scratched,
  s.scratch_time, s.is_emergency, s.emergency_position, s.favourite, s.mover,
  s.fixed_win, s.fixed_place, s.pool_win, s.pool_place, s.hold_percentage, s.bet_percentage,
  s.win_pool_amount, s.place_pool_amount, s.tote_share, s.tote_win_amount, s.tote_source,
  s.last_twenty_starts, s.age, s.sex, s.colour, s.weight_allocated, s.horse_id
) OR (s.is_live AND s.fixed_win IS NOT NULL AND e.closing_price IS DISTINCT FROM s.fixed_win)
  OR (s.is_live AND e.closing_missing IS NOT NULL) THEN UPDATE SET
  name = s.name, runner_number = s.runner_number, barrier = s.barrier, barrier_position = s.barrier_position,
  jockey = s.jockey, trainer_name = s.trainer_name, silk_colours = s.silk_colours,
  silk_url_64x64 = s.silk_url_64x64, silk_url_128x128 = s.silk_url_128x128, age = s.age, sex = s.sex,
  colour = s.colour, weight_allocated = s.weight_allocated, weight_total = s.weight_total,
  last_twenty_starts = s.last_twenty_starts, gear = s.gear, horse_id = s.horse_id,
  is_scratched = s.is_scratched, is_late_scratched = s.is_late_scratched, scratch_time = s.scratch_time,
  is_emergency = s.is_emergency, emergency_position = s.emergency_position, favourite = s.favourite,
  mover = s.mover, fixed_win = s.fixed_win, fixed_place = s.fixed_place, pool_win = s.pool_win,
  pool_place = s.pool_place, hold_percentage = s.hold_percentage, bet_percentage = s.bet_percentage,
  win_pool_amount = s.win_pool_amount, place_pool_amount = s.place_pool_amount, tote_share = s.tote_share,
  tote_win_amount = s.tote_win_amount, tote_source = s.tote_source,
  opening_price = CASE WHEN s.is_open THEN coalesce(e.opening_price, s.fixed_win) ELSE e.opening_price END,
  closing_price = CASE WHEN s.is_live THEN coalesce(s.fixed_win, e.closing_price) ELSE e.closing_price END,
  closing_missing = CASE WHEN s.is_live THEN NULL ELSE e.closing_missing END,
  high_price = CASE WHEN s.is_open THEN greatest(e.high_price, s.fixed_win) ELSE e.high_price END,
  low_price = CASE WHEN s.is_open THEN least(e.low_price, s.fixed_win) ELSE e.low_price END,
  updated_at = s.polled_at
WHEN NOT MATCHED THEN
  INSERT (race_id, entrant_id, name, runner_number, barrier, barrier_position, jockey, trainer_name, silk_colours,
          silk_url_64x64, silk_url_128x128, age, sex, colour, weight_allocated, weight_total, last_twenty_starts,
          gear, horse_id, is_scratched, is_late_scratched, scratch_time, is_emergency, emergency_position,
          favourite, mover, fixed_win, fixed_place, pool_win, pool_place, hold_percentage, bet_percentage,
          win_pool_amount, place_pool_amount, tote_share, tote_win_amount, tote_source,
          opening_price, closing_price, high_price, low_price, created_at, updated_at)
  VALUES (%(race_id)s, s.entrant_id, s.name, s.runner_number, s.barrier, s.barrier_position, s.jockey,
          s.trainer_name, s.silk_colours, s.silk_url_64x64, s.silk_url_128x128, s.age, s.sex, s.colour,
          s.weight_allocated, s.weight_total, s.last_twenty_starts, s.gear, s.horse_id, s.is_scratched,
          s.is_late_scratched, s.scratch_time, s.is_emergency, s.emergency_position, s.favourite, s.mover,
          s.fixed_win, s.fixed_place, s.pool_win, s.pool_place, s.hold_percentage, s.bet_percentage,
          s.win_pool_amount, s.place_pool_amount, s.tote_share, s.tote_win_amount, s.tote_source,
          CASE WHEN s.is_open THEN s.fixed_win END, CASE WHEN s.is_live THEN s.fixed_win END,
          CASE WHEN s.is_open THEN s.fixed_win END, CASE WHEN s.is_open THEN s.fixed_win END,
          s.polled_at, s.polled_at)

-- name: settle_closing_prices
-- Once the race is no longer open: the last price seen while it was, and not after the actual start (DOMAIN §4).
-- The start may turn out to lie before polls that still saw it open. Our own rows alone: after one of upstream's a
-- poll that finds the price it found before leaves none.
UPDATE entrants e SET closing_price = c.price, closing_missing = c.missing
FROM (
  SELECT n.entrant_id, CASE WHEN n.is_scratched THEN NULL ELSE last.odds END AS price,
    CASE WHEN n.is_scratched THEN 'scratched' WHEN last.odds IS NOT NULL THEN NULL
         WHEN n.created_at >= r.closed_at THEN 'not seen while open' ELSE 'no price while open' END AS missing
  FROM entrants n
  JOIN races r ON r.race_id = n.race_id
  LEFT JOIN LATERAL (
    SELECT h.odds FROM odds_history h
    WHERE h.racing_day = %(racing_day)s AND h.race_id = %(race_id)s AND h.entrant_id = n.entrant_id
      AND h.type = 'fixed_win' AND h.source = 'poll' AND h.odds IS NOT NULL AND h.event_timestamp < r.closed_at
      AND (r.actual_start IS NULL OR r.actual_start = r.start_time OR h.event_timestamp <= r.actual_start)
    ORDER BY h.event_timestamp DESC LIMIT 1
  ) AS last ON true
  WHERE n.race_id = %(race_id)s
) AS c
WHERE e.race_id = %(race_id)s AND e.entrant_id = c.entrant_id
  AND (e.closing_price, e.closing_missing) IS DISTINCT FROM (c.price, c.missing)
