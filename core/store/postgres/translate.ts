import { getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import * as schema from "../schema.postgres.ts";

const VIEWS = ["webhooks", "webhook_batches", "webhook_conversions", "batch_progress", "batch_status"];
const tables = Object.values(schema).flatMap((table) => (is(table, PgTable) ? [getTableName(table)] : []));
const OURS = new RegExp(`\\b(from|join|into|update)(\\s+)(${[...tables, ...VIEWS, "json_each"].join("|")})\\b`, "gi");

const known = new WeakMap<object, string>();

/**
 * Turns a statement that both databases understand into PostgreSQL's form: `$1` in place of `?1`, our schema named with each
 * table, since a pooler keeps no search path, and without the names of indexes that only SQLite must be told.
 */
export function translate(statement: { readonly text: string }): string {
  let text = known.get(statement);
  if (text === undefined) {
    if (/\?(?!\d)/.test(statement.text)) throw new Error(`Parameters must be numbered: ${statement.text}`);
    text = statement.text
      .replace(/\?(\d+)/g, "$$$1")
      .replace(OURS, "$1$2gateway.$3")
      .replace(/ indexed by \w+/g, "");
    known.set(statement, text);
  }
  return text;
}
