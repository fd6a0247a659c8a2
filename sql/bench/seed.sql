-- A plausible racing day, set-based: what the workers would have stored of it by an instant. Only the bench uses it.

-- name: create_seed_tables
-- The working tables of one session: a day's races and runners, the polls of a race, every runner's figures at each.
CREATE TEMP TABLE seed_polls (number integer, to_start_s double precision, status text);
CREATE TEMP TABLE seed_races (
  race_id text, meeting_id text, index integer, start_time timestamptz, morning_at timestamptz, status text,
  pool_cents bigint
);
CREATE TEMP TABLE seed_runners (race_id text, entrant_id text, number integer, base double precision, scratched boolean);
CREATE TEMP TABLE seed_figures (
  race_id text, entrant_id text, poll integer, polled_at timestamptz, to_start_s double precision, is_open boolean,
  bucket numeric, interval_type text, fixed_win numeric, fixed_place numeric, pool_win numeric, pool_place numeric,
  share double precision, hold numeric, bet numeric, win_total bigint, place_total bigint
)

-- name: clear_seed_tables
TRUNCATE seed_races, seed_runners, seed_figures

-- name: insert_seed_poll
INSERT INTO seed_polls VALUES (%(number)s, %(to_start_s)s, %(status)s)

-- name: seed_random
-- The same month comes out every time.
SELECT setseed(%(seed)s)

-- name: seed_races
-- Starts are even over the day's card; a race's status is that of its last poll by *now*, open before any.
INSERT INTO seed_races
SELECT md5('race' || %(day)s::date || i)::uuid::text, md5('meeting' || %(day)s::date || i %% %(meetings)s)::uuid::text,
  i, s.start_time, %(morning_at)s,
  coalesce((SELECT p.status FROM seed_polls p
            WHERE s.start_time - p.to_start_s * interval '1 second' <= %(now)s ORDER BY p.number DESC LIMIT 1), 'open'),
  (500000 + random() * 9000000)::bigint
FROM generate_series(0, %(races)s - 1) AS i
CROSS JOIN LATERAL (SELECT %(first_start)s::timestamptz + i * %(gap_s)s * interval '1 second' AS start_time) AS s

-- name: seed_runners
-- Each runner with the price it opened at; in every tenth race the last one was scratched in the morning.
INSERT INTO seed_runners
SELECT race_id, md5(race_id || n)::uuid::text, n,
  greatest(1.1, least(201, sum(weight) OVER (PARTITION BY race_id) / weight / 1.18)),
  index %% 10 = 0 AND n = %(runners)s
FROM seed_races
CROSS JOIN LATERAL (SELECT n, random() ^ 2 + 0.01 AS weight FROM generate_series(1, %(runners)s) AS n
                    WHERE index >= 0) AS w

-- name: seed_figures
-- Prices walk: the fixed ones seldom, the tote's often; pools grow towards the start and hold % follows the tote.
INSERT INTO seed_figures
WITH polled AS (
  SELECT r.race_id, r.pool_cents, p.number, p.status = 'open' AS is_open, t.at,
    extract(epoch FROM r.start_time - t.at)::float8 AS to_start_s
  FROM seed_races r
  CROSS JOIN seed_polls p
  CROSS JOIN LATERAL (
    SELECT coalesce(r.start_time - p.to_start_s * interval '1 second', r.morning_at) AS at) AS t
  WHERE t.at <= %(now)s
), walked AS (
  SELECT p.*, e.entrant_id,
    greatest(1.01, e.base * exp(sum(CASE WHEN p.is_open AND random() < 0.12 THEN (random() - 0.5) * 0.15 ELSE 0 END)
      OVER w)) AS fixed,
    greatest(1.01, e.base * 1.03 * exp(sum(CASE WHEN p.is_open AND random() < 0.6 THEN (random() - 0.5) * 0.2 ELSE 0 END)
      OVER w)) AS tote
  FROM polled p JOIN seed_runners e ON e.race_id = p.race_id AND NOT e.scratched
  WINDOW w AS (PARTITION BY p.race_id, e.entrant_id ORDER BY p.number)
), shared AS (
  SELECT w.*, 1 / tote / sum(1 / tote) OVER (PARTITION BY race_id, number) AS share,
    (pool_cents * exp(-greatest(to_start_s, 0) / 900) / 100)::bigint * 100 AS win_total
  FROM walked w
)
SELECT s.race_id, s.entrant_id, s.number, s.at, s.to_start_s, s.is_open, b.bucket,
  CASE WHEN m.minutes > 30 THEN '5m' WHEN m.minutes > 5 THEN '2m' WHEN m.minutes > 0 THEN '30s' ELSE 'live' END,
  round(s.fixed::numeric, 2), greatest(1.01, round((1 + (s.fixed - 1) / 4)::numeric, 2)),
  round(s.tote::numeric, 2), greatest(1.01, round((1 + (s.tote - 1) / 4)::numeric, 2)),
  s.share, round((s.share * 100)::numeric), round((s.share * 100 + random() * 2)::numeric),
  s.win_total, s.win_total * 2 / 5
FROM shared s
CROSS JOIN LATERAL (SELECT (s.to_start_s / 60)::numeric AS minutes) AS m
CROSS JOIN LATERAL (
  SELECT CASE WHEN m.minutes >= 60 THEN 60 WHEN m.minutes >= 5 THEN floor(m.minutes / 5) * 5
              WHEN m.minutes >= 0 THEN floor(m.minutes) WHEN m.minutes >= -5 THEN floor(m.minutes * 2) / 2
              ELSE floor(m.minutes) END AS bucket) AS b

-- name: analyse_seed_tables
ANALYZE seed_races, seed_runners, seed_figures

-- name: seed_meetings
INSERT INTO meetings (meeting_id, meeting_name, country, state, race_type, category, date, status, track_condition,
                      weather, tote_status, created_at, updated_at)
SELECT r.meeting_id, 'Course ' || g.course, CASE WHEN g.course %% 2 = 0 THEN 'NZ' ELSE 'AUS' END, NULL,
  CASE WHEN g.course %% 3 = 0 THEN 'harness' ELSE 'thoroughbred' END, CASE WHEN g.course %% 3 = 0 THEN 'H' ELSE 'T' END,
  %(day)s, CASE WHEN bool_and(raceday_is_terminal(r.status)) THEN 'completed' ELSE 'active' END, 'Good4', 'Fine',
  'open', %(morning_at)s, %(morning_at)s
FROM seed_races r
CROSS JOIN LATERAL (SELECT (r.index %% %(meetings)s + %(number)s * 3) %% 40 AS course) AS g
GROUP BY r.meeting_id, g.course

-- name: seed_stored_races
INSERT INTO races (race_id, meeting_id, racing_day, name, race_number, start_time, actual_start, status, distance,
                   track_condition, weather, track_direction, track_surface, rail_position, race_class, prize_cents,
                   positions_paid, market_percentage, result_status, data_hash, last_polled_at, last_changed_at,
                   closed_at, created_at, updated_at)
SELECT r.race_id, r.meeting_id, %(day)s, 'Bench Stakes ' || r.index, r.index / %(meetings)s + 1, r.start_time,
  CASE WHEN r.status <> 'open' THEN r.start_time END, r.status, 1200 + r.index %% 9 * 100, 'Good4', 'Fine', 'Left',
  'Turf', 'True', 'Rating 65', 3500000, 10, 118.00,
  CASE r.status WHEN 'interim' THEN 'interim' WHEN 'final' THEN 'final' END, md5(r.race_id), f.last_polled_at,
  f.last_polled_at, CASE WHEN r.status <> 'open' THEN r.start_time + interval '1 minute' END, r.morning_at,
  coalesce(f.last_polled_at, r.morning_at)
FROM seed_races r
LEFT JOIN (SELECT race_id, max(polled_at) AS last_polled_at FROM seed_figures GROUP BY race_id) AS f
  ON f.race_id = r.race_id

-- name: seed_entrants
INSERT INTO entrants (race_id, entrant_id, name, runner_number, barrier, jockey, trainer_name, silk_colours,
                      silk_url_64x64, silk_url_128x128, age, sex, colour, weight_allocated, weight_total,
                      last_twenty_starts, gear, horse_id, is_scratched, scratch_time, favourite, fixed_win,
                      fixed_place, pool_win, pool_place, hold_percentage, bet_percentage, win_pool_amount,
                      place_pool_amount, tote_share, tote_win_amount, tote_source, opening_price, closing_price,
                      high_price, low_price, created_at, updated_at)
SELECT e.race_id, e.entrant_id, 'Runner ' || left(e.entrant_id, 8), e.number, %(runners)s + 1 - e.number,
  'J. Doe ' || e.number, 'T. Roe & Partners ' || e.number, 'Red, white cap and sleeves',
  'https://silks.example/64x64/' || e.entrant_id || '.png', 'https://silks.example/128x128/' || e.entrant_id || '.png',
  3 + e.number %% 5, 'g', 'br', 57.5, 56.0, '4776X12x3', 'Blinkers', 350000 + e.number, e.scratched,
  CASE WHEN e.scratched THEN %(morning_at)s::timestamptz END,
  coalesce(f.share = max(f.share) OVER (PARTITION BY e.race_id), false), f.fixed_win, f.fixed_place, f.pool_win, f.pool_place, f.hold,
  f.bet, f.win_total * f.hold / 100, f.place_total * f.hold / 100, f.share, f.win_total * f.share,
  CASE WHEN f.share IS NOT NULL THEN 'odds' END, h.opening, CASE WHEN NOT f.is_open THEN f.fixed_win END, h.high, h.low,
  %(morning_at)s, coalesce(f.polled_at, %(morning_at)s)
FROM seed_runners e
LEFT JOIN (SELECT DISTINCT ON (race_id, entrant_id) * FROM seed_figures ORDER BY race_id, entrant_id, poll DESC) AS f
  ON f.race_id = e.race_id AND f.entrant_id = e.entrant_id
LEFT JOIN (
  SELECT race_id, entrant_id, max(fixed_win) AS high, min(fixed_win) AS low,
    (array_agg(fixed_win ORDER BY poll))[1] AS opening
  FROM seed_figures GROUP BY race_id, entrant_id) AS h
  ON h.race_id = e.race_id AND h.entrant_id = e.entrant_id

-- name: seed_odds_history
-- A row per price that differs from the one before.
INSERT INTO odds_history (racing_day, race_id, entrant_id, type, odds, event_timestamp, created_at)
SELECT %(day)s, race_id, entrant_id, type, odds, polled_at, polled_at
FROM (
  SELECT f.race_id, f.entrant_id, p.type, p.odds, f.polled_at,
    lag(p.odds) OVER (PARTITION BY f.race_id, f.entrant_id, p.type ORDER BY f.poll) AS before
  FROM seed_figures f
  CROSS JOIN LATERAL (VALUES ('fixed_win', f.fixed_win), ('fixed_place', f.fixed_place), ('pool_win', f.pool_win),
                             ('pool_place', f.pool_place)) AS p (type, odds)
) AS moved
WHERE odds IS DISTINCT FROM before
ORDER BY polled_at, race_id, entrant_id, type

-- name: seed_money_flow_history
INSERT INTO money_flow_history (
  racing_day, race_id, entrant_id, event_timestamp, polling_timestamp, time_to_start, time_to_start_seconds,
  time_interval, interval_type, hold_percentage, bet_percentage, win_pool_amount, place_pool_amount,
  win_pool_percentage, place_pool_percentage, tote_share, tote_win_amount, tote_source, incremental_amount,
  incremental_win_amount, incremental_place_amount, incremental_tote_win_amount, created_at)
SELECT %(day)s, a.race_id, a.entrant_id, a.polled_at, a.polled_at, floor(a.to_start_s / 60), floor(a.to_start_s),
  a.bucket, a.interval_type, a.hold, a.bet, a.win, a.place, a.hold, a.hold, a.share, a.tote, 'odds',
  raceday_increment(a.win, lag(a.win) OVER w, a.bucket), raceday_increment(a.win, lag(a.win) OVER w, a.bucket),
  raceday_increment(a.place, lag(a.place) OVER w, a.bucket), raceday_increment(a.tote, lag(a.tote) OVER w, a.bucket),
  a.polled_at
FROM (
  SELECT f.*, (win_total * hold / 100)::bigint AS win, (place_total * hold / 100)::bigint AS place,
    (win_total * share)::bigint AS tote
  FROM seed_figures f WHERE is_open
) AS a
WINDOW w AS (PARTITION BY a.race_id, a.entrant_id ORDER BY a.poll)
ORDER BY a.polled_at, a.race_id, a.entrant_id

-- name: seed_money_flow_buckets
-- A bucket's last poll, with its growth since the bucket before.
INSERT INTO money_flow_buckets (
  racing_day, race_id, entrant_id, event_timestamp, polling_timestamp, time_to_start, time_to_start_seconds,
  time_interval, interval_type, hold_percentage, bet_percentage, win_pool_amount, place_pool_amount,
  win_pool_percentage, place_pool_percentage, tote_share, tote_win_amount, tote_source, incremental_amount,
  incremental_win_amount, incremental_place_amount, incremental_tote_win_amount, fixed_win, fixed_place, pool_win,
  pool_place, money_indicator, odds_indicator, created_at)
SELECT %(day)s, a.race_id, a.entrant_id, a.polled_at, a.polled_at, floor(a.to_start_s / 60), floor(a.to_start_s),
  a.bucket, a.interval_type, a.hold, a.bet, a.win, a.place, a.hold, a.hold, a.share, a.tote, 'odds',
  raceday_increment(a.win, lag(a.win) OVER w, a.bucket), raceday_increment(a.win, lag(a.win) OVER w, a.bucket),
  raceday_increment(a.place, lag(a.place) OVER w, a.bucket), raceday_increment(a.tote, lag(a.tote) OVER w, a.bucket),
  a.fixed_win, a.fixed_place, a.pool_win, a.pool_place,
  CASE WHEN a.bucket = 60 THEN NULL WHEN random() < 0.03 THEN round((5 + random() * 20)::numeric, 2) ELSE 0 END,
  CASE WHEN a.bucket = 60 THEN NULL WHEN random() < 0.03 THEN round((5 + random() * 20)::numeric, 2) ELSE 0 END,
  a.first_at
FROM (
  SELECT DISTINCT ON (race_id, entrant_id, bucket) f.*, (win_total * hold / 100)::bigint AS win,
    (place_total * hold / 100)::bigint AS place, (win_total * share)::bigint AS tote,
    min(polled_at) OVER (PARTITION BY race_id, entrant_id, bucket) AS first_at
  FROM seed_figures f WHERE is_open
  ORDER BY race_id, entrant_id, bucket, poll DESC
) AS a
WINDOW w AS (PARTITION BY a.race_id, a.entrant_id ORDER BY a.poll)
ORDER BY a.first_at, a.race_id, a.entrant_id

-- name: seed_race_pools_history
INSERT INTO race_pools_history
SELECT %(day)s, race_id, polled_at, win_total, place_total, win_total / 4, win_total / 2, win_total / 5, win_total / 3,
  win_total + place_total + win_total / 4 + win_total / 2 + win_total / 5 + win_total / 3
FROM (SELECT DISTINCT race_id, polled_at, win_total, place_total FROM seed_figures) AS f
ORDER BY polled_at, race_id

-- name: seed_race_pools
INSERT INTO race_pools (race_id, win_pool_total, place_pool_total, quinella_pool_total, trifecta_pool_total,
                        exacta_pool_total, first4_pool_total, total_race_pool, data_quality_score, extracted_pools,
                        last_updated)
SELECT DISTINCT ON (race_id) race_id, win_pool_total, place_pool_total, quinella_pool_total, trifecta_pool_total,
  exacta_pool_total, first4_pool_total, total_race_pool, 100, 6, polling_timestamp
FROM race_pools_history WHERE racing_day = %(day)s
ORDER BY race_id, polling_timestamp DESC

-- name: seed_polls
INSERT INTO polls (racing_day, race_id, reason, due_at, started_at, finished_at, lateness_ms, bytes, data_hash,
                   outcome, http_status, epoch, worker_id)
SELECT %(day)s, race_id, CASE WHEN poll = 0 THEN 'entrants' ELSE 'poll' END, polled_at - interval '40 milliseconds',
  polled_at, polled_at + interval '180 milliseconds', 40, 195000, md5(race_id || poll), 'changed', 200, 1, 'bench'
FROM (SELECT DISTINCT race_id, poll, polled_at FROM seed_figures) AS f
ORDER BY polled_at, race_id

-- name: seed_results
-- Interim when the placings came in, final when they were confirmed.
INSERT INTO race_results (race_id, revision, result_status, results, dividends, recorded_at)
SELECT r.race_id, v.revision, v.status, p.placings, p.dividends, r.start_time + v.after_s * interval '1 second'
FROM seed_races r
JOIN (VALUES (1, 'interim', 240), (2, 'final', 480)) AS v (revision, status, after_s)
  ON r.status = 'final' OR (r.status = 'interim' AND v.revision = 1)
CROSS JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_object('position', n.place, 'runner_number', n.number, 'entrant_id', n.entrant_id,
      'name', 'Runner ' || left(n.entrant_id, 8), 'barrier', n.number, 'margin', n.place - 1,
      'positional_margin', NULL, 'winning_time', 71.2, 'time_ran', 71.2 + n.place)
      ORDER BY n.place) FILTER (WHERE n.place <= 4) AS placings,
    jsonb_agg(jsonb_build_object('dividend_id', md5(n.entrant_id), 'tote', 'NZ', 'product_name', 'Pool Win',
      'status', 'Final', 'dividend', n.base, 'pool_size_cents', r.pool_cents, 'jackpot_size_cents', 0,
      'positions', jsonb_build_array(jsonb_build_array(n.number, n.place)), 'description', n.number::text))
      FILTER (WHERE n.place <= 4) AS dividends
  FROM (SELECT e.*, row_number() OVER (ORDER BY md5(e.entrant_id || 'placed')) AS place
        FROM seed_runners e WHERE e.race_id = r.race_id AND NOT e.scratched) AS n
) AS p

-- name: seed_changes
-- What a poll that changed odds, money and pools announced.
INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id, payload)
SELECT raceday_cluster_id(), f.polled_at, k.kind, %(day)s, r.meeting_id, r.race_id, k.payload
FROM (
  SELECT race_id, poll, polled_at, is_open, min(bucket) AS bucket, min(win_total) AS win_total,
    jsonb_agg(entrant_id) AS entrants
  FROM seed_figures GROUP BY race_id, poll, polled_at, is_open
) AS f
JOIN seed_races r ON r.race_id = f.race_id
CROSS JOIN LATERAL (VALUES
  ('race', f.poll = 0, jsonb_build_object('name', 'Bench Stakes ' || r.index, 'race_number', 1)),
  ('odds', f.is_open, jsonb_build_object('entrants', f.entrants)),
  ('money_flow', f.is_open,
   jsonb_build_object('entrants', jsonb_array_length(f.entrants), 'time_interval', f.bucket)),
  ('pools', true, jsonb_build_object('win_pool_total', f.win_total)),
  ('results', NOT f.is_open AND r.status = 'final', jsonb_build_object('revision', 1))
) AS k (kind, happened, payload)
WHERE k.happened
ORDER BY f.polled_at, r.race_id

-- name: seed_coverage
INSERT INTO race_coverage (race_id, racing_day, expected_polls, good_polls, failed_polls, expected_buckets,
                           filled_buckets, last_five_expected, last_five_good, updated_at)
SELECT race_id, %(day)s, count(DISTINCT poll), count(DISTINCT poll), 0, count(DISTINCT bucket) FILTER (WHERE is_open),
  count(DISTINCT bucket) FILTER (WHERE is_open), 20, 20, max(polled_at)
FROM seed_figures GROUP BY race_id

-- name: seed_job_runs
INSERT INTO job_runs (job, racing_day, started_by, started_at, finished_at, duration_ms, peak_memory_bytes, records,
                      api_calls, outcome, worker_id)
SELECT j.job, %(day)s, 'schedule', at, at + interval '12 seconds', 12000, 90000000, 100, 12, 'success', 'bench'
FROM (VALUES ('daily-meetings', 86400), ('daily-races', 86400), ('daily-entrants', 86400), ('backfill', 900),
             ('coverage', 600)) AS j (job, every_s)
CROSS JOIN LATERAL generate_series(%(morning_at)s::timestamptz, %(morning_at)s::timestamptz + interval '23 hours',
                                   j.every_s * interval '1 second') AS at
WHERE at <= %(now)s

-- name: seed_notifications
INSERT INTO notifications (user_id, racing_day, race_id, entrant_id, time_interval, kind, payload, created_at)
SELECT 'Default User', %(day)s, race_id, entrant_id, time_interval, 'money', jsonb_build_object('value', money_indicator),
  created_at
FROM money_flow_buckets
WHERE racing_day = %(day)s AND money_indicator > 20

-- name: seed_courses
INSERT INTO courses (course_id, name, country, category)
SELECT DISTINCT lower(replace(meeting_name, ' ', '-')), meeting_name, country, category FROM meetings

-- name: seed_worker
INSERT INTO worker_status (worker_id, host, pid, version, started_at, heartbeat_at, heartbeat_real, is_leader, epoch)
VALUES ('bench', 'bench', 1, '0', %(now)s, %(now)s, %(now)s, true, 1)

-- name: ensure_seed_days
-- As the workers do it, a month and the week to come at once.
SELECT raceday_ensure_days(%(first_day)s, %(days)s)

-- name: count_seed_rows
SELECT *
FROM (
  SELECT 'meetings' AS name, count(*) AS rows FROM meetings
  UNION ALL SELECT 'races', count(*) FROM races
  UNION ALL SELECT 'entrants', count(*) FROM entrants
  UNION ALL SELECT 'odds_history', count(*) FROM odds_history
  UNION ALL SELECT 'money_flow_history', count(*) FROM money_flow_history
  UNION ALL SELECT 'money_flow_buckets', count(*) FROM money_flow_buckets
  UNION ALL SELECT 'race_pools_history', count(*) FROM race_pools_history
  UNION ALL SELECT 'polls', count(*) FROM polls
  UNION ALL SELECT 'race_results', count(*) FROM race_results
  UNION ALL SELECT 'changes', count(*) FROM changes
) AS counted
