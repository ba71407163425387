-- The three tables of the specification, as read-only views. Instants are ISO 8601 in UTC; `token` and `secret` are masked.
CREATE VIEW `webhooks` AS
SELECT
  s.uuid AS id,
  s.name AS name,
  s.counter_id AS counter_id,
  '***' AS token,
  s.description AS description,
  '***' AS secret,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.updated_at / 1000.0, 'unixepoch') AS updated_at,
  s.is_active AS is_active
FROM sources s
WHERE s.plugin = 'webhook-offline' AND s.deleted_at IS NULL;
--> statement-breakpoint
-- What a batch's uploads say of it. Correlated scalar subqueries, so that a page of batches touches only their own rows.
CREATE VIEW `batch_progress` AS
SELECT
  b.id AS id,
  b.received - b.rejected
    - coalesce((SELECT sum(bu.rows + bu.duplicates) FROM batch_uploads bu WHERE bu.batch_id = b.id), 0)
    - coalesce((SELECT sum(sa.rows) FROM batch_set_aside sa WHERE sa.batch_id = b.id), 0) AS open_rows,
  EXISTS (SELECT 1 FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state IN ('filling', 'planned', 'sending', 'uncertain')) AS unsent,
  EXISTS (SELECT 1 FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state IN ('sent', 'processing')) AS at_metrika,
  EXISTS (SELECT 1 FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state IN ('processing', 'completed')) AS worked_on,
  EXISTS (SELECT 1 FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state = 'completed' AND u.metrika_status <> 'LINKAGE_FAILURE') AS matched,
  coalesce((SELECT sum(bu.rows + bu.duplicates
      - CASE WHEN bu.rows > 0 AND u.source_quantity > u.line_quantity
          AND NOT EXISTS (SELECT 1 FROM batch_uploads o WHERE o.upload_id = bu.upload_id AND o.batch_id <> b.id AND o.rows > 0)
        THEN u.source_quantity - u.line_quantity ELSE 0 END)
    FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state = 'completed'), 0) AS processed,
  (SELECT u.metrika_upload_id FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.metrika_upload_id IS NOT NULL ORDER BY u.id LIMIT 1) AS metrika_upload_id,
  max(b.updated_at, coalesce((SELECT max(u.updated_at) FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id), 0)) AS changed_at,
  b.status_version + coalesce((SELECT sum(u.version) FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id), 0) AS status_version
FROM batches b
WHERE b.sealed = 1;
--> statement-breakpoint
-- The status of every sealed batch, whatever its plugin: the one place that derives it.
CREATE VIEW `batch_status` AS
SELECT
  p.id, p.processed, p.metrika_upload_id, p.changed_at, p.status_version,
  CASE
    WHEN p.open_rows > 0 OR p.unsent THEN 'pending'
    WHEN p.at_metrika AND p.worked_on THEN 'processing'
    WHEN p.at_metrika THEN 'uploaded'
    WHEN p.processed > 0 AND p.matched THEN 'completed'
    ELSE 'error'
  END AS status
FROM batch_progress p;
--> statement-breakpoint
CREATE VIEW `webhook_batches` AS
SELECT
  (SELECT substr(i.uuid, 1, 8) || '-' || substr(i.uuid, 10, 4) FROM installation i) || '-8001-8000-' || printf('%012x', b.id) AS id,
  s.uuid AS webhook_id,
  s.counter_id AS counter_id,
  p.status AS status,
  strftime('%Y-%m-%dT%H:%M:%fZ', b.created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.changed_at / 1000.0, 'unixepoch') AS updated_at,
  b.received AS total,
  p.processed AS processed,
  p.metrika_upload_id AS metrika_upload_id,
  (SELECT CASE WHEN count(*) = 0 THEN NULL ELSE json_group_array(sentence) END FROM (
    SELECT 'rejected: ' || b.rejected AS sentence WHERE b.rejected > 0
    UNION ALL
    SELECT sa.reason || ': ' || sa.target || ' (' || sa.rows || ')' FROM batch_set_aside sa WHERE sa.batch_id = b.id
    UNION ALL
    SELECT 'delivery_paused: ' || g.open_rows FROM batch_progress g WHERE g.id = b.id AND s.delivery_paused = 1 AND g.open_rows > 0
    UNION ALL
    SELECT u.state || ': ' || u.error_code FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.error_code IS NOT NULL
    UNION ALL
    SELECT 'metrika_refused_rows: ' || (u.source_quantity - u.line_quantity) FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.state = 'completed' AND u.source_quantity > u.line_quantity
    UNION ALL
    SELECT 'goal_not_found_at_metrika: ' || u.goal_not_found_quantity FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.goal_not_found_quantity > 0
    UNION ALL
    SELECT 'user_not_found: ' || u.user_not_found_quantity FROM batch_uploads bu JOIN uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.user_not_found_quantity > 0
  )) AS errors
FROM batches b
JOIN sources s ON s.id = b.source_id
JOIN batch_status p ON p.id = b.id
WHERE s.plugin = 'webhook-offline';
--> statement-breakpoint
CREATE VIEW `webhook_conversions` AS
SELECT
  (SELECT substr(i.uuid, 1, 8) || '-' || substr(i.uuid, 10, 4) FROM installation i) || '-8000-8000-' || printf('%012x', c.id) AS id,
  (SELECT substr(i.uuid, 1, 8) || '-' || substr(i.uuid, 10, 4) FROM installation i) || '-8001-8000-' || printf('%012x', b.id) AS batch_id,
  nullif(c.client_id, '') AS client_id,
  nullif(c.user_id, '') AS user_id,
  nullif(c.yclid, '') AS yclid,
  nullif(c.purchase_id, '') AS purchase_id,
  c.target AS target,
  strftime('%Y-%m-%dT%H:%M:%SZ', c.date_time, 'unixepoch') AS date_time,
  c.price AS price,
  nullif(c.currency, '') AS currency,
  CASE
    WHEN c.set_aside IN ('goal_not_found', 'cancelled') OR u.state = 'failed' THEN 'error'
    WHEN u.state = 'completed' THEN 'processed'
    ELSE 'pending'
  END AS status,
  strftime('%Y-%m-%dT%H:%M:%fZ', b.created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(u.updated_at, b.updated_at) / 1000.0, 'unixepoch') AS updated_at,
  coalesce(CASE WHEN c.set_aside IN ('goal_not_found', 'cancelled') THEN c.set_aside END, CASE WHEN u.state = 'failed' THEN u.error_code END) AS error
FROM conversions c
JOIN batches b ON b.id = c.batch_id AND b.sealed = 1
JOIN sources s ON s.id = c.source_id AND s.plugin = 'webhook-offline'
LEFT JOIN uploads u ON u.id = c.upload_id;
