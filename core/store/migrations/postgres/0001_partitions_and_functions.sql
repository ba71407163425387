-- Facts of longer ago than any week that has a partition of its own; the weeks are made by the gateway, ahead of time.
CREATE TABLE gateway.conversions_before PARTITION OF gateway.conversions FOR VALUES FROM (MINVALUE) TO (0);
--> statement-breakpoint
-- Lists of ids and texts come as JSON on both databases; this is what SQLite's function of the name gives.
CREATE FUNCTION gateway.json_each(list text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 100
AS $$ SELECT json_array_elements_text(list::json) $$;
--> statement-breakpoint
-- Row-level security without a policy: whoever is not the owner sees nothing, whatever he is granted by default.
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'gateway' AND c.relkind IN ('r', 'p')
  LOOP
    EXECUTE format('ALTER TABLE gateway.%I ENABLE ROW LEVEL SECURITY', t.relname);
  END LOOP;
END $$;
--> statement-breakpoint
-- What gateways keep in memory and must read again when another one has changed it.
CREATE FUNCTION gateway.tell_change() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_notify('gateway_changes', TG_TABLE_NAME || ':' || OLD.uuid); RETURN NULL; END $$;
--> statement-breakpoint
CREATE TRIGGER sources_changed AFTER UPDATE OR DELETE ON gateway.sources FOR EACH ROW EXECUTE FUNCTION gateway.tell_change();
--> statement-breakpoint
CREATE TRIGGER api_keys_changed AFTER UPDATE OF revoked_at, expires_at, scopes, hash OR DELETE ON gateway.api_keys
  FOR EACH ROW EXECUTE FUNCTION gateway.tell_change();
