-- A racing day's history in pages; each page goes on after the last row of the one before.

-- name: select_odds_export
SELECT h.race_id, h.entrant_id, h.type, h.event_timestamp, h.bookmaker, h.source, e.runner_number, h.odds,
       h.created_at
FROM (
  SELECT * FROM odds_history
  WHERE racing_day = %(racing_day)s
    AND (race_id, entrant_id, type, event_timestamp, bookmaker, source)
      > (%(after_race)s, %(after_entrant)s, %(after_type)s, %(after_at)s::timestamptz, %(after_bookmaker)s,
         %(after_source)s)
  ORDER BY race_id, entrant_id, type, event_timestamp, bookmaker, source
  LIMIT %(limit)s
) AS h
LEFT JOIN entrants e ON e.race_id = h.race_id AND e.entrant_id = h.entrant_id
ORDER BY h.race_id, h.entrant_id, h.type, h.event_timestamp, h.bookmaker, h.source
LIMIT %(limit)s

-- name: select_money_flow_export
SELECT f.race_id, f.entrant_id, f.polling_timestamp, e.runner_number, f.time_to_start_seconds, f.time_interval,
       f.hold_percentage, f.bet_percentage, f.win_pool_amount, f.place_pool_amount, f.tote_share, f.tote_win_amount,
       f.tote_source, f.incremental_win_amount, f.incremental_place_amount, f.incremental_tote_win_amount
FROM (
  SELECT * FROM money_flow_history
  WHERE racing_day = %(racing_day)s
    AND (race_id, entrant_id, polling_timestamp) > (%(after_race)s, %(after_entrant)s, %(after_at)s::timestamptz)
  ORDER BY race_id, entrant_id, polling_timestamp
  LIMIT %(limit)s
) AS f
LEFT JOIN entrants e ON e.race_id = f.race_id AND e.entrant_id = f.entrant_id
ORDER BY f.race_id, f.entrant_id, f.polling_timestamp
LIMIT %(limit)s
