-- What users set and what they were told.

-- name: select_alert_config
SELECT user_id, indicators, toggle_all, audible_alerts_enabled
FROM user_alert_configs
WHERE user_id = %(user_id)s

-- name: select_notifications
SELECT notification_id, user_id, race_id, entrant_id, time_interval, kind, payload, created_at, delivered_at
FROM notifications
WHERE user_id = %(user_id)s AND created_at > %(since)s
ORDER BY created_at DESC, notification_id DESC
LIMIT %(limit)s
