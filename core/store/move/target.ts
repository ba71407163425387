import type { Sql } from "postgres";
import { RefusedError } from "../database-errors.ts";
import type { Row } from "./read-source.ts";
import type { MovedTable } from "./tables.ts";

/** How far a table has got. */
export interface TableProgress {
  /** The key of the last row that was written; null: none yet. */
  readonly lastKey: readonly (string | number)[] | null;
  readonly rows: number;
}

/** How a target stands: nothing in it, a move of this installation begun, or done. */
export type TargetState = "empty" | "begun" | "moved";

const EMPTY_IT = `Give an empty database, or empty this one (it deletes everything the gateway holds there): drop schema gateway cascade`;

/**
 * How far an earlier move of this installation has got.
 * @throws {RefusedError} when the target holds something else
 */
export async function stateOf(sql: Sql, installationUuid: string): Promise<TargetState> {
  if (await hasProgress(sql)) {
    const [begun] = await sql`select installation_uuid as uuid from gateway.move_progress limit 1`;
    if (begun?.uuid === installationUuid) return "begun";
    throw new RefusedError(`A move of another installation into this PostgreSQL database is unfinished. ${EMPTY_IT}`);
  }
  const [installed] = await sql`select uuid from gateway.installation`;
  if (!installed) return "empty";
  if (installed.uuid === installationUuid) return "moved";
  throw new RefusedError(`The PostgreSQL database holds the data of another installation already. ${EMPTY_IT}`);
}

/** Whether a move into this database has begun and not ended. */
export async function hasProgress(sql: Sql): Promise<boolean> {
  const [table] = await sql`select to_regclass('gateway.move_progress') is not null as there`;
  return table?.there === true;
}

/** Notes that a move has begun: from now on no gateway starts on this database until {@link endMove}. */
export async function beginMove(sql: Sql, installationUuid: string, tables: readonly MovedTable[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx.unsafe(`create table gateway.move_progress (table_name text primary key, installation_uuid text not null,
      last_key text, rows bigint not null default 0)`);
    await tx.unsafe("alter table gateway.move_progress enable row level security");
    for (const { name } of tables)
      await tx`insert into gateway.move_progress (table_name, installation_uuid) values (${name}, ${installationUuid})`;
  });
}

/** How far a table has got. */
export async function progressOf(sql: Sql, table: MovedTable): Promise<TableProgress> {
  const [row] = await sql`select last_key, rows from gateway.move_progress where table_name = ${table.name}`;
  const lastKey = typeof row?.last_key === "string" ? JSON.parse(row.last_key) : null;
  return { lastKey, rows: Number(row?.rows ?? 0) };
}

/** Writes a page and how far the table has got with it, both or neither. */
export async function writePage(
  sql: Sql,
  table: MovedTable,
  rows: readonly Row[],
  lastKey: readonly (string | number)[],
): Promise<void> {
  const columns = table.columns.map((column) => `"${column}"`).join(", ");
  await sql.begin(async (tx) => {
    // As a text: what is declared json would be put into JSON once more.
    await tx.unsafe(
      `insert into gateway.${table.name} (${columns}) select ${columns} from json_populate_recordset(null::gateway.${table.name}, $1::text::json)`,
      [JSON.stringify(rows)],
    );
    await tx.unsafe(
      "update gateway.move_progress set last_key = $1::text, rows = rows + $2::bigint where table_name = $3",
      [JSON.stringify(lastKey), rows.length, table.name],
    );
  });
}

/** Lets PostgreSQL give out ids behind those that were moved. */
export async function setSequences(sql: Sql, tables: readonly MovedTable[]): Promise<void> {
  for (const { name } of tables.filter((table) => table.hasIdentity)) {
    await sql.unsafe(
      `select setval(pg_get_serial_sequence('gateway.${name}', 'id'), max(id)) from gateway.${name} having max(id) is not null`,
    );
  }
  // A number of these is the first of a block of ids, or its last: one block further on is behind all in either case.
  for (const [sequence, table] of [
    ["batch_ids", "batches"],
    ["conversion_ids", "conversions"],
  ] as const) {
    await sql.unsafe(
      `select setval('gateway.${sequence}', max(id) + (select seqincrement from pg_sequence where seqrelid = 'gateway.${sequence}'::regclass))
       from gateway.${table} having max(id) is not null`,
    );
  }
}

/** Statistics for the planner, which would otherwise take the tables for empty. */
export async function analyse(sql: Sql, tables: readonly MovedTable[]): Promise<void> {
  await sql.unsafe(`analyze ${tables.map(({ name }) => `gateway.${name}`).join(", ")}`);
}

/** Opens the database to gateways. */
export async function endMove(sql: Sql): Promise<void> {
  await sql`drop table gateway.move_progress`;
}
