-- Writes a group of batches all of whose rows are new, in one round trip and a transaction of its own; or nothing, and says so.
-- Lists that begin with batch_ are of batches, the others of conversions: slices says to which of the batches each belongs.
-- Texts that are empty throughout come as an empty list. Nothing here reads what it decides by: unique keys decide.
CREATE FUNCTION gateway.take_new(
  structure_lock bigint, now bigint,
  batch_ids bigint[], batch_source_ids bigint[], batch_workspace_ids bigint[], batch_counter_ids bigint[], batch_received bigint[],
  batch_rejected bigint[], batch_sealed smallint[], batch_warnings text[], batch_first_ids bigint[], batch_last_ids bigint[],
  batch_created_at bigint[],
  ids bigint[], slices int[], rows bigint[], date_times bigint[], targets text[], client_ids text[], user_ids text[], yclids text[],
  purchase_ids text[], prices text[], currencies text[],
  rejected text, answers text, purchases text, told_purchases text[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(structure_lock);
  IF answers IS NOT NULL THEN
    INSERT INTO gateway.idempotency AS t (source_id, key, body_hash, batch_id, expires_at)
      SELECT * FROM json_to_recordset(answers::json) AS a(source_id bigint, key text, body_hash text, batch_id bigint, expires_at bigint)
      ORDER BY 1, 2
      ON CONFLICT (source_id, key) DO UPDATE SET body_hash = excluded.body_hash, batch_id = excluded.batch_id, expires_at = excluded.expires_at
        WHERE t.expires_at <= now;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < json_array_length(answers::json) THEN RAISE EXCEPTION SQLSTATE 'GW001'; END IF;
  END IF;
  IF purchases IS NOT NULL THEN
    INSERT INTO gateway.source_keys (key_hash, conversion_id, expires_at)
      SELECT * FROM json_to_recordset(purchases::json) AS p(key_hash text, conversion_id bigint, expires_at bigint) ORDER BY 1
      ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < json_array_length(purchases::json) THEN RAISE EXCEPTION SQLSTATE 'GW001'; END IF;
  END IF;
  IF told_purchases <> '{}' AND EXISTS (SELECT FROM gateway.source_keys k WHERE k.key_hash = ANY (told_purchases)) THEN
    RAISE EXCEPTION SQLSTATE 'GW001';
  END IF;
  -- Without ON CONFLICT, which looks each key up before it inserts and writes more log: 7.9 microseconds a row instead of 5.9 (measured).
  INSERT INTO gateway.conversions
      (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id, user_id, yclid, purchase_id, price, currency)
    SELECT c.id, batch_ids[c.slice], c.row, batch_source_ids[c.slice], batch_workspace_ids[c.slice], batch_counter_ids[c.slice], c.date_time,
      c.target, coalesce(c.client_id, ''), coalesce(c.user_id, ''), coalesce(c.yclid, ''), coalesce(c.purchase_id, ''), c.price,
      coalesce(c.currency, '')
    FROM unnest(ids, slices, rows, date_times, targets, client_ids, user_ids, yclids, purchase_ids, prices, currencies)
      AS c(id, slice, row, date_time, target, client_id, user_id, yclid, purchase_id, price, currency);
  INSERT INTO gateway.batches
      (id, source_id, received, duplicates, rejected, sealed, warnings, first_conversion_id, last_conversion_id, created_at, updated_at)
    SELECT b.id, b.source_id, b.received, 0, b.rejected, b.sealed, b.warnings, b.first_id, b.last_id, b.created_at, b.created_at
    FROM unnest(batch_ids, batch_source_ids, batch_received, batch_rejected, batch_sealed, batch_warnings, batch_first_ids, batch_last_ids,
      batch_created_at) AS b(id, source_id, received, rejected, sealed, warnings, first_id, last_id, created_at);
  IF rejected IS NOT NULL THEN
    INSERT INTO gateway.rejected_rows (batch_id, row, code, field, sealed, expires_at)
      SELECT * FROM json_to_recordset(rejected::json)
        AS r(batch_id bigint, row bigint, code text, field text, sealed text, expires_at bigint);
  END IF;
  RETURN true;
EXCEPTION WHEN unique_violation OR SQLSTATE 'GW001' THEN
  -- Whatever was written is undone.
  RETURN false;
END $$;
