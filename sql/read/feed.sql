-- The change feed: committed rows of the running cluster, in the order (xid, id), below every open transaction.

-- name: listen
LISTEN raceday

-- name: still_there
SELECT 1
