import type { Database } from "bun:sqlite";
import type { Sql } from "postgres";
import { CopyDamagedError, RefusedError } from "../database-errors.ts";
import { openPostgres } from "../postgres/open.ts";
import { type DatabaseSummary, inspectDatabase } from "../sqlite/inspect.ts";
import { markAsMoved } from "../sqlite/moved.ts";
import { openSqlite } from "../sqlite/open.ts";
import { openSqliteStore } from "../sqlite/store.ts";
import { Digest, plain } from "./digest.ts";
import { countRows, pagesOf } from "./read-source.ts";
import { type MovedTable, movedTables } from "./tables.ts";
import { analyse, beginMove, endMove, progressOf, setSequences, stateOf, writePage } from "./target.ts";

/** Rows of one page: a page and how far its table has got are written in one transaction. */
const PAGE_ROWS = 5000;

/** What a move tells while it goes on. */
export interface MoveProgress {
  /** A part begins; `done` of its `total` rows were there before. */
  begin(part: "moving" | "verifying", done: number, total: number): void;
  /** So many rows more. */
  advance(rows: number): void;
  end(): void;
}

/** From where to where. */
export interface MoveRequest {
  /** The path of the SQLite database. */
  readonly from: string;
  /** `postgres://…`, of an empty database or one into which this move was begun. */
  readonly to: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** Is told what the source holds before anything is touched; what it throws stops the move. */
  readonly approve: (source: DatabaseSummary) => Promise<unknown>;
  readonly progress: MoveProgress;
}

/** What a finished move has found on both sides. */
export interface MoveReport {
  /** An earlier run had done everything already. */
  readonly wasDone: boolean;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
}

/**
 * Moves everything that a SQLite database holds to PostgreSQL, ids and the installation included, so that public ids, secrets
 * and repeats stay what they are. Broken off, it goes on where it was. At the end every row of both sides is read and
 * compared; only then the target is open to gateways and the source closed to them.
 * @throws {DatabaseInUseError} while a gateway works on the source
 * @throws {DatabaseUnusableError} {RefusedError} when source or target are not fit for it; nothing was moved
 * @throws {CopyDamagedError} when the sides differ at the end; the target stays closed
 */
export async function moveToPostgres({ from, to, now, approve, progress }: MoveRequest): Promise<MoveReport> {
  const found = inspectDatabase(from);
  const { installationUuid, movedAt: earlier } = found;
  if (earlier !== null) {
    throw new RefusedError(
      `${from} was moved to PostgreSQL at ${new Date(earlier).toISOString()}. Set DATABASE_URL to that database.`,
    );
  }
  await approve(found);
  const target = await openPostgres(to, 2, "move");
  const { sql } = target.driver;
  try {
    const state = await stateOf(sql, installationUuid);
    await settleSource(from, now);
    const source = openSqlite(from);
    try {
      if (state === "empty") await beginMove(sql, installationUuid, movedTables);
      if (state !== "moved") await moveTables(source.sqlite, sql, progress);
      const tables = state === "moved" ? [] : await verify(source.sqlite, sql, progress);
      if (state !== "moved") await endMove(sql);
      markAsMoved(source.sqlite, now);
      return { wasDone: state === "moved", tables };
    } finally {
      source.close();
    }
  } finally {
    await target.close();
  }
}

/** What a start would do: half-written requests go, files of a process that died are looked up, a copy is resumed. */
async function settleSource(path: string, now: number): Promise<void> {
  const nobody = { uuid: "", workspaceUuid: "", vaultCheck: "" };
  const store = openSqliteStore(path, { ...nobody, now });
  try {
    await store.maintenance.removeUnsealed(Number.MAX_SAFE_INTEGER);
    await store.uploads.releaseClaims({ leasesBefore: Number.MAX_SAFE_INTEGER, now, firstReadBackMs: 0 });
  } finally {
    await store.close();
  }
}

async function moveTables(sqlite: Database, sql: Sql, progress: MoveProgress): Promise<void> {
  const begun = await Promise.all(movedTables.map((table) => progressOf(sql, table)));
  const total = movedTables.reduce((sum, table) => sum + countRows(sqlite, table), 0);
  progress.begin(
    "moving",
    begun.reduce((sum, { rows }) => sum + rows, 0),
    total,
  );
  for (const [i, table] of movedTables.entries()) {
    for (const { rows, lastKey } of pagesOf(sqlite, table, begun[i]?.lastKey ?? null, PAGE_ROWS)) {
      await writePage(sql, table, rows, lastKey);
      progress.advance(rows.length);
    }
  }
  await setSequences(sql, movedTables);
  await analyse(sql, movedTables);
  progress.end();
}

/** Reads every row of both sides. */
async function verify(sqlite: Database, sql: Sql, progress: MoveProgress): Promise<MoveReport["tables"]> {
  const counts = movedTables.map((table) => ({ table, rows: countRows(sqlite, table) }));
  progress.begin("verifying", 0, 2 * counts.reduce((sum, { rows }) => sum + rows, 0));
  const differences: string[] = [];
  for (const { table } of counts) {
    const here = digestOfSource(sqlite, table, progress);
    const there = await digestOfTarget(sql, table, progress);
    if (`${here}` !== `${there}`) differences.push(`${table.name} (SQLite: ${here}; PostgreSQL: ${there})`);
  }
  progress.end();
  if (differences.length > 0) {
    throw new CopyDamagedError(
      `What stands in PostgreSQL is not what stands in SQLite: ${differences.join(", ")}. A gateway has worked on SQLite since the move was begun, or something else has written to PostgreSQL. SQLite is as it was and can be started; to move, empty the target (drop schema gateway cascade) and begin again.`,
    );
  }
  return counts.map(({ table, rows }) => ({ name: table.name, rows }));
}

function digestOfSource(sqlite: Database, table: MovedTable, progress: MoveProgress): Digest {
  const digest = new Digest();
  for (const { rows } of pagesOf(sqlite, table, null, PAGE_ROWS)) {
    for (const row of rows) digest.add(table.columns.map((column) => row[column] ?? null));
    progress.advance(rows.length);
  }
  return digest;
}

async function digestOfTarget(sql: Sql, table: MovedTable, progress: MoveProgress): Promise<Digest> {
  const digest = new Digest();
  const columns = table.columns.map((column) => `"${column}"`).join(", ");
  const pages = sql.unsafe<Record<string, unknown>[]>(`select ${columns} from gateway.${table.name}`).cursor(PAGE_ROWS);
  for await (const rows of pages) {
    for (const row of rows) digest.add(table.columns.map((column) => plain(row[column] ?? null, false)));
    progress.advance(rows.length);
  }
  return digest;
}
