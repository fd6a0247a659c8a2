-- The staging tables of one connection: made once, empty at every commit.

-- name: create_staging_race
CREATE TEMP TABLE IF NOT EXISTS staging_race (
  race_id text, meeting_id text, meeting_name text, country text, state text, category text, race_type text,
  racing_day date, name text, race_number integer, start_time timestamptz, actual_start timestamptz, status text,
  distance integer, track_condition text, weather text, track_direction text, track_surface text,
  rail_position text, race_class text, prize_cents bigint, positions_paid integer, market_percentage numeric,
  tracker_removed jsonb, data_hash text, polled_at timestamptz,
  has_pools boolean, win_pool_total bigint, place_pool_total bigint, quinella_pool_total bigint,
  trifecta_pool_total bigint, exacta_pool_total bigint, first4_pool_total bigint, total_race_pool bigint,
  data_quality_score integer, extracted_pools integer, other_pools jsonb,
  has_results boolean, result_status text, results jsonb, dividends jsonb,
  photo_finish boolean, stewards_inquiry boolean, protest_lodged boolean, protest_text text,
  is_open boolean, has_started boolean, time_to_start_seconds integer, time_interval numeric, interval_type text
) ON COMMIT DELETE ROWS

-- name: stage_race
-- One row: as parameters it rides in the pipeline, where a COPY would cost a round trip of its own.
INSERT INTO staging_race (
  race_id, meeting_id, meeting_name, country, state, category, race_type, racing_day, name, race_number,
  start_time, actual_start, status, distance, track_condition, weather, track_direction, track_surface,
  rail_position, race_class, prize_cents, positions_paid, market_percentage, tracker_removed, data_hash,
  polled_at, has_pools, win_pool_total, place_pool_total, quinella_pool_total, trifecta_pool_total,
  exacta_pool_total, first4_pool_total, total_race_pool, data_quality_score, extracted_pools, other_pools,
  has_results, result_status, results, dividends, photo_finish, stewards_inquiry, protest_lodged,
  protest_text, is_open, has_started, time_to_start_seconds, time_interval, interval_type
) VALUES (
  %(race_id)s, %(meeting_id)s, %(meeting_name)s, %(country)s, %(state)s, %(category)s, %(race_type)s,
  %(racing_day)s, %(name)s, %(race_number)s, %(start_time)s, %(actual_start)s, %(status)s, %(distance)s,
  %(track_condition)s, %(weather)s, %(track_direction)s, %(track_surface)s, %(rail_position)s, %(race_class)s,
  %(prize_cents)s, %(positions_paid)s, %(market_percentage)s, %(tracker_removed)s, %(data_hash)s,
  %(polled_at)s, %(has_pools)s, %(win_pool_total)s, %(place_pool_total)s, %(quinella_pool_total)s,
  %(trifecta_pool_total)s, %(exacta_pool_total)s, %(first4_pool_total)s, %(total_race_pool)s,
  %(data_quality_score)s, %(extracted_pools)s, %(other_pools)s, %(has_results)s, %(result_status)s,
  %(results)s, %(dividends)s, %(photo_finish)s, %(stewards_inquiry)s, %(protest_lodged)s, %(protest_text)s,
  %(is_open)s, %(has_started)s, %(time_to_start_seconds)s, %(time_interval)s, %(interval_type)s
)

-- name: create_staging_entrants
CREATE TEMP TABLE IF NOT EXISTS staging_entrants (
  entrant_id text, name text, runner_number integer, barrier integer, barrier_position text, jockey text,
  trainer_name text, silk_colours text, silk_url_64x64 text, silk_url_128x128 text, age integer, sex text,
  colour text, weight_allocated numeric, weight_total numeric, last_twenty_starts text, gear text,
  horse_id bigint, is_scratched boolean, is_late_scratched boolean, scratch_time timestamptz,
  is_emergency boolean, emergency_position text, favourite boolean, mover boolean,
  fixed_win numeric, fixed_place numeric, pool_win numeric, pool_place numeric,
  hold_percentage numeric, bet_percentage numeric, win_pool_amount bigint, place_pool_amount bigint,
  win_pool_percentage numeric, place_pool_percentage numeric,
  tote_share numeric, tote_win_amount bigint, tote_source text
) ON COMMIT DELETE ROWS

-- name: create_staging_card
CREATE TEMP TABLE IF NOT EXISTS staging_card (
  race_id text, name text, race_number integer, start_time timestamptz, status text, distance integer,
  track_condition text, weather text
) ON COMMIT DELETE ROWS
