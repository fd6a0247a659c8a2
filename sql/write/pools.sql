-- The race's pools in cents; an answer without pools changes nothing.

-- name: merge_race_pools
MERGE INTO race_pools p
USING (SELECT s.* FROM staging_race s WHERE s.has_pools) s ON p.race_id = %(race_id)s AND p.race_id = s.race_id
WHEN MATCHED THEN UPDATE SET
  win_pool_total = s.win_pool_total, place_pool_total = s.place_pool_total,
  quinella_pool_total = s.quinella_pool_total, trifecta_pool_total = s.trifecta_pool_total,
  exacta_pool_total = s.exacta_pool_total, first4_pool_total = s.first4_pool_total,
  total_race_pool = s.total_race_pool, data_quality_score = s.data_quality_score,
  extracted_pools = s.extracted_pools, other_pools = s.other_pools, last_updated = s.polled_at
WHEN NOT MATCHED THEN
  INSERT (race_id, win_pool_total, place_pool_total, quinella_pool_total, trifecta_pool_total, exacta_pool_total,
          first4_pool_total, total_race_pool, data_quality_score, extracted_pools, other_pools, last_updated)
  VALUES (s.race_id, s.win_pool_total, s.place_pool_total, s.quinella_pool_total, s.trifecta_pool_total,
          s.exacta_pool_total, s.first4_pool_total, s.total_race_pool, s.data_quality_score, s.extracted_pools,
          s.other_pools, s.polled_at)
