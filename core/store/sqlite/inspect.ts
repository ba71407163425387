import { Database } from "bun:sqlite";
import { CopyDamagedError, RefusedError } from "../database-errors.ts";
import { movedAt } from "./moved.ts";
import { refuseNewer } from "./open.ts";

/** What a gateway's database holds, in numbers. */
export interface DatabaseSummary {
  readonly installationUuid: string;
  /** The canary of the master key that it was made with. */
  readonly vaultCheck: string;
  readonly sources: number;
  readonly batches: number;
  readonly conversions: number;
  readonly uploads: number;
  /** Uploads that Metrika has not finished, or not got at all. */
  readonly openUploads: number;
  /** When it was moved to PostgreSQL (Unix ms), or null. */
  readonly movedAt: number | null;
}

/** Faults that are told of a damaged database. */
const FAULTS_TOLD = 3;

/**
 * Checks that a file is a whole database of a gateway and not of a newer version, and counts what it holds. Reads every page.
 * @throws {RefusedError} when it is something else
 * @throws {CopyDamagedError} when it is damaged
 * @throws {DatabaseUnusableError} when it is of a newer version
 */
export function inspectDatabase(path: string): DatabaseSummary {
  const sqlite = openToRead(path);
  try {
    if (!isGatewayDatabase(sqlite)) {
      throw new RefusedError(
        `${path} is not a database of metrika-gateway. Name a file that the command backup has made.`,
      );
    }
    refuseNewer(sqlite, path);
    checkIntegrity(sqlite, path);
    return summaryOf(sqlite, path);
  } finally {
    sqlite.close();
  }
}

/**
 * Opens an existing database to read it.
 * @throws {RefusedError}
 */
export function openToRead(path: string): Database {
  try {
    const sqlite = new Database(path, { readonly: true, strict: true });
    sqlite.exec("pragma busy_timeout = 5000");
    return sqlite;
  } catch (cause) {
    throw new RefusedError(`${path} cannot be opened: ${sentenceOf(cause)}. Check the path and the right to read it.`, {
      cause,
    });
  }
}

/** What went wrong, in SQLite's or the system's words. */
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function isGatewayDatabase(sqlite: Database): boolean {
  try {
    const tables =
      "select count(*) as n from sqlite_schema where name in ('installation', 'conversions', 'watermarks')";
    return sqlite.query<{ n: number }, []>(tables).get()?.n === 3;
  } catch {
    return false;
  }
}

function checkIntegrity(sqlite: Database, path: string): void {
  const damage = `${path} is damaged`;
  const mend =
    "Use another copy; if the database itself is damaged, stop the gateway and restore the last good backup.";
  let faults: readonly string[];
  try {
    const found = sqlite.query<{ integrity_check: string }, []>("pragma integrity_check").all();
    faults = found.map((row) => row.integrity_check).filter((fault) => fault !== "ok");
  } catch (cause) {
    throw new CopyDamagedError(`${damage}: ${sentenceOf(cause)}. ${mend}`, { cause });
  }
  if (faults.length > 0) throw new CopyDamagedError(`${damage}: ${faults.slice(0, FAULTS_TOLD).join("; ")}. ${mend}`);
}

function summaryOf(sqlite: Database, path: string): DatabaseSummary {
  const count = (of: string) => sqlite.query<{ n: number }, []>(`select count(*) as n from ${of}`).get()?.n ?? 0;
  const installation = sqlite
    .query<{ uuid: string; vault_check: string }, []>("select uuid, vault_check from installation")
    .get();
  if (!installation) {
    throw new RefusedError(`${path} is the database of a gateway that was never started: there is nothing in it.`);
  }
  return {
    installationUuid: installation.uuid,
    vaultCheck: installation.vault_check,
    sources: count("sources where deleted_at is null"),
    batches: count("batches where source_id > 0"),
    conversions: count("conversions where source_id > 0"),
    uploads: count("uploads"),
    openUploads: count("uploads where state not in ('completed', 'failed')"),
    movedAt: movedAt(sqlite),
  };
}
