import { getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import * as schema from "../schema.postgres.ts";

const VIEWS = ["webhooks", "webhook_batches", "webhook_conversions", "batch_progress", "batch_status"];
const tables = Object.values(schema).flatMap((table) => (is(table, PgTable) ? [getTableName(table)] : []));
const OURS = new RegExp(`\\b(from|join|into|update)(\\s+)(${[...tables, ...VIEWS, "json_each"].join("|")})\\b`, "gi");

/** A list of ids or texts, as `sql/work.ts` writes it. */
const IN_LIST = /\bin \((select cast\(value as \w+\) from gateway\.json_each\(cast\(\$\d+ as text\)\))\)/g;

const known = new WeakMap<object, string>();

/**
 * Turns a statement that both databases understand into PostgreSQL's form: `$1` in place of `?1`, our schema named with each
 * table, since a pooler keeps no search path, and without the names of indexes that only SQLite must be told. Lists become
 * arrays, by which an index is asked: joined to a list, the planner reads whole tables (measured: 960 ms in place of 26 to cancel
 * 500 of 23,000 rows).
 */
export function translate(statement: { readonly text: string }): string {
  let text = known.get(statement);
  if (text === undefined) {
    if (/\?(?!\d)/.test(statement.text)) throw new Error(`Parameters must be numbered: ${statement.text}`);
    text = statement.text
      .replace(/\?(\d+)/g, "$$$1")
      .replace(OURS, "$1$2gateway.$3")
      .replace(/ indexed by \w+/g, "")
      .replace(IN_LIST, "= any (array($1))");
    known.set(statement, text);
  }
  return text;
}
