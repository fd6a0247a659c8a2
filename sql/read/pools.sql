-- A race's pools.

-- name: select_race_pools
-- One row for every race that is stored; nulls where its pools are not known yet.
SELECT r.race_id, r.status, r.start_time, r.racing_day, r.last_polled_at, r.tracker_removed, p.win_pool_total,
       p.place_pool_total, p.quinella_pool_total, p.trifecta_pool_total, p.exacta_pool_total, p.first4_pool_total,
       p.total_race_pool, coalesce(p.currency, 'NZD') AS currency, p.data_quality_score,
       coalesce(p.extracted_pools, 0) AS extracted_pools, coalesce(p.other_pools, '[]') AS other_pools, p.last_updated
FROM races r LEFT JOIN race_pools p ON p.race_id = r.race_id
WHERE r.race_id = %(race_id)s
