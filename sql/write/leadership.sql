-- The lease: one worker writes, by the database's clock in real time (docs/decisions/0001).

-- name: take_lease
-- Takes a lease that has run out, under a new epoch; no row: somebody else holds it.
UPDATE leadership SET holder = %(worker_id)s, epoch = epoch + 1, expires_at = clock_timestamp() + interval '8 seconds'
WHERE expires_at < clock_timestamp()
RETURNING epoch

-- name: renew_lease
-- No row: the lease was lost.
UPDATE leadership SET expires_at = clock_timestamp() + interval '8 seconds'
WHERE holder = %(worker_id)s AND epoch = %(epoch)s AND expires_at >= clock_timestamp()
RETURNING epoch

-- name: give_lease_back
UPDATE leadership SET holder = NULL, expires_at = '-infinity'
WHERE holder = %(worker_id)s AND epoch = %(epoch)s

-- name: select_lease
-- The living leader, if there is one.
SELECT epoch, holder FROM leadership WHERE expires_at >= clock_timestamp()
