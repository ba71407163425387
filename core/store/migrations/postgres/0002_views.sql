-- The three tables of the specification, as read-only views; `token` and `secret` are masked. PostgreSQL lets a view
-- over one table be written through, so such a one is joined to the empty row of "nothing", which costs nothing. (A WITH would do
-- as well, but no index serves a join with such a view.)
CREATE VIEW gateway.webhooks WITH (security_invoker = true) AS
SELECT
  s.uuid AS id,
  s.name AS name,
  s.counter_id AS counter_id,
  '***' AS token,
  s.description AS description,
  '***' AS secret,
  to_timestamp(s.created_at / 1000.0) AS created_at,
  to_timestamp(s.updated_at / 1000.0) AS updated_at,
  s.is_active = 1 AS is_active
FROM gateway.sources s CROSS JOIN (SELECT) nothing
WHERE s.plugin = 'webhook-offline' AND s.deleted_at IS NULL;
--> statement-breakpoint
-- What a batch's uploads say of it. Correlated scalar subqueries, so that a page of batches touches only their own rows.
CREATE VIEW gateway.batch_progress WITH (security_invoker = true) AS
SELECT
  b.id AS id,
  b.received - b.rejected
    - coalesce((SELECT sum(bu.rows + bu.duplicates) FROM gateway.batch_uploads bu WHERE bu.batch_id = b.id), 0)::bigint
    - coalesce((SELECT sum(sa.rows) FROM gateway.batch_set_aside sa WHERE sa.batch_id = b.id), 0)::bigint AS open_rows,
  EXISTS (SELECT 1 FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state IN ('filling', 'planned', 'sending', 'uncertain'))::int AS unsent,
  EXISTS (SELECT 1 FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state IN ('sent', 'processing'))::int AS at_metrika,
  EXISTS (SELECT 1 FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state IN ('processing', 'completed'))::int AS worked_on,
  EXISTS (SELECT 1 FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state = 'completed' AND u.metrika_status <> 'LINKAGE_FAILURE')::int AS matched,
  coalesce((SELECT sum(bu.rows + bu.duplicates
      - CASE WHEN bu.rows > 0 AND u.source_quantity > u.line_quantity
          AND NOT EXISTS (SELECT 1 FROM gateway.batch_uploads o WHERE o.upload_id = bu.upload_id AND o.batch_id <> b.id AND o.rows > 0)
        THEN u.source_quantity - u.line_quantity ELSE 0 END)
    FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.state = 'completed'), 0)::bigint AS processed,
  (SELECT u.metrika_upload_id FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id AND u.metrika_upload_id IS NOT NULL ORDER BY u.id LIMIT 1) AS metrika_upload_id,
  greatest(b.updated_at, (SELECT max(u.updated_at) FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id)) AS changed_at,
  b.status_version + coalesce((SELECT sum(u.version) FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
    WHERE bu.batch_id = b.id), 0)::bigint AS status_version
FROM gateway.batches b CROSS JOIN (SELECT) nothing
WHERE b.sealed = 1;
--> statement-breakpoint
-- The status of every sealed batch, whatever its plugin: the one place that derives it.
CREATE VIEW gateway.batch_status WITH (security_invoker = true) AS
SELECT
  p.id, p.processed, p.metrika_upload_id, p.changed_at, p.status_version,
  CASE
    WHEN p.open_rows > 0 OR p.unsent = 1 THEN 'pending'
    WHEN p.at_metrika = 1 AND p.worked_on = 1 THEN 'processing'
    WHEN p.at_metrika = 1 THEN 'uploaded'
    WHEN p.processed > 0 AND p.matched = 1 THEN 'completed'
    ELSE 'error'
  END AS status
FROM gateway.batch_progress p;
--> statement-breakpoint
CREATE VIEW gateway.webhook_batches WITH (security_invoker = true) AS
SELECT
  (SELECT substr(i.uuid, 1, 8) || '-' || substr(i.uuid, 10, 4) FROM gateway.installation i) || '-8001-8000-' || lpad(to_hex(b.id), 12, '0') AS id,
  s.uuid AS webhook_id,
  s.counter_id AS counter_id,
  p.status AS status,
  to_timestamp(b.created_at / 1000.0) AS created_at,
  to_timestamp(p.changed_at / 1000.0) AS updated_at,
  b.received AS total,
  p.processed AS processed,
  p.metrika_upload_id AS metrika_upload_id,
  nullif(ARRAY(SELECT e.sentence FROM (
    SELECT 1 AS kind, 0 AS nth, 'rejected: ' || b.rejected AS sentence WHERE b.rejected > 0
    UNION ALL
    SELECT 2, row_number() OVER (ORDER BY sa.target, sa.reason), sa.reason || ': ' || sa.target || ' (' || sa.rows || ')'
      FROM gateway.batch_set_aside sa WHERE sa.batch_id = b.id
    UNION ALL
    SELECT 3, 0, 'delivery_paused: ' || g.open_rows FROM gateway.batch_progress g WHERE g.id = b.id AND s.delivery_paused = 1 AND g.open_rows > 0
    UNION ALL
    SELECT 4, u.id, u.state || ': ' || u.error_code FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.error_code IS NOT NULL
    UNION ALL
    SELECT 5, u.id, 'metrika_refused_rows: ' || (u.source_quantity - u.line_quantity) FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.state = 'completed' AND u.source_quantity > u.line_quantity
    UNION ALL
    SELECT 6, u.id, 'goal_not_found_at_metrika: ' || u.goal_not_found_quantity FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.goal_not_found_quantity > 0
    UNION ALL
    SELECT 7, u.id, 'user_not_found: ' || u.user_not_found_quantity FROM gateway.batch_uploads bu JOIN gateway.uploads u ON u.id = bu.upload_id
      WHERE bu.batch_id = b.id AND u.user_not_found_quantity > 0
  ) e ORDER BY e.kind, e.nth), '{}') AS errors
FROM gateway.batches b
JOIN gateway.sources s ON s.id = b.source_id
JOIN gateway.batch_status p ON p.id = b.id
WHERE s.plugin = 'webhook-offline';
--> statement-breakpoint
CREATE VIEW gateway.webhook_conversions WITH (security_invoker = true) AS
SELECT
  (SELECT substr(i.uuid, 1, 8) || '-' || substr(i.uuid, 10, 4) FROM gateway.installation i) || '-8000-8000-' || lpad(to_hex(c.id), 12, '0') AS id,
  (SELECT substr(i.uuid, 1, 8) || '-' || substr(i.uuid, 10, 4) FROM gateway.installation i) || '-8001-8000-' || lpad(to_hex(b.id), 12, '0') AS batch_id,
  nullif(c.client_id, '') AS client_id,
  nullif(c.user_id, '') AS user_id,
  nullif(c.yclid, '') AS yclid,
  nullif(c.purchase_id, '') AS purchase_id,
  c.target AS target,
  to_timestamp(c.date_time) AS date_time,
  c.price::numeric AS price,
  nullif(c.currency, '') AS currency,
  CASE
    WHEN c.set_aside IN ('goal_not_found', 'cancelled') OR u.state = 'failed' THEN 'error'
    WHEN u.state = 'completed' THEN 'processed'
    ELSE 'pending'
  END AS status,
  to_timestamp(b.created_at / 1000.0) AS created_at,
  to_timestamp(coalesce(u.updated_at, b.updated_at) / 1000.0) AS updated_at,
  coalesce(CASE WHEN c.set_aside IN ('goal_not_found', 'cancelled') THEN c.set_aside END, CASE WHEN u.state = 'failed' THEN u.error_code END) AS error
FROM gateway.conversions c
JOIN gateway.batches b ON b.id = c.batch_id AND b.sealed = 1
JOIN gateway.sources s ON s.id = c.source_id AND s.plugin = 'webhook-offline'
LEFT JOIN gateway.uploads u ON u.id = c.upload_id;
