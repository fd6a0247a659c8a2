-- The race's timeline in buckets, with increments and indicators.

-- name: merge_money_flow_buckets
-- One row per runner and bucket, the bucket's latest poll wins; what it grew is told against the earlier buckets.
MERGE INTO money_flow_buckets b
USING (
  SELECT r.polled_at, r.time_to_start_seconds, r.interval_type, s.*, f.win_increment, f.place_increment,
         f.tote_increment, f.money, f.odds
  FROM (
    SELECT array_agg(s.entrant_id) AS ids, array_agg(s.win_pool_amount) AS win,
      array_agg(s.place_pool_amount) AS place, array_agg(s.tote_win_amount) AS tote,
      array_agg(s.fixed_win) AS fixed_prices, array_agg(s.pool_win) AS tote_prices,
      array_agg(s.is_scratched) AS scratched
    FROM staging_entrants s
  ) AS a
  CROSS JOIN LATERAL raceday_bucket_figures(
    %(racing_day)s, %(race_id)s, %(time_interval)s, a.ids, a.win, a.place, a.tote, a.fixed_prices,
    a.tote_prices, a.scratched) AS f
  JOIN staging_entrants s ON s.entrant_id = f.entrant_id
  CROSS JOIN staging_race r
) s ON b.racing_day = %(racing_day)s AND b.race_id = %(race_id)s
   AND b.time_interval = %(time_interval)s AND b.entrant_id = s.entrant_id
WHEN MATCHED THEN UPDATE SET
  event_timestamp = s.polled_at, polling_timestamp = s.polled_at,
  time_to_start = floor(s.time_to_start_seconds / 60.0), time_to_start_seconds = s.time_to_start_seconds,
  interval_type = s.interval_type, hold_percentage = s.hold_percentage, bet_percentage = s.bet_percentage,
  win_pool_amount = s.win_pool_amount, place_pool_amount = s.place_pool_amount,
  win_pool_percentage = s.win_pool_percentage, place_pool_percentage = s.place_pool_percentage,
  tote_share = s.tote_share, tote_win_amount = s.tote_win_amount, tote_source = s.tote_source,
  incremental_amount = s.win_increment, incremental_win_amount = s.win_increment,
  incremental_place_amount = s.place_increment, incremental_tote_win_amount = s.tote_increment,
  fixed_win = s.fixed_win, fixed_place = s.fixed_place, pool_win = s.pool_win, pool_place = s.pool_place,
  money_indicator = s.money, odds_indicator = s.odds
WHEN NOT MATCHED THEN
  INSERT (racing_day, race_id, entrant_id, event_timestamp, polling_timestamp, time_to_start,
          time_to_start_seconds, time_interval, interval_type, hold_percentage, bet_percentage, win_pool_amount,
          place_pool_amount, win_pool_percentage, place_pool_percentage, tote_share, tote_win_amount, tote_source,
          incremental_amount, incremental_win_amount, incremental_place_amount, incremental_tote_win_amount,
          fixed_win, fixed_place, pool_win, pool_place, money_indicator, odds_indicator, created_at)
  VALUES (%(racing_day)s, %(race_id)s, s.entrant_id, s.polled_at, s.polled_at,
          floor(s.time_to_start_seconds / 60.0), s.time_to_start_seconds, %(time_interval)s, s.interval_type,
          s.hold_percentage, s.bet_percentage, s.win_pool_amount, s.place_pool_amount, s.win_pool_percentage,
          s.place_pool_percentage, s.tote_share, s.tote_win_amount, s.tote_source,
          s.win_increment, s.win_increment, s.place_increment, s.tote_increment, s.fixed_win, s.fixed_place,
          s.pool_win, s.pool_place, s.money, s.odds, s.polled_at)

-- name: mend_later_buckets
-- After a start that moved: the later buckets stood on an older amount of this one.
SELECT raceday_mend_buckets(%(racing_day)s, %(race_id)s, %(time_interval)s)
