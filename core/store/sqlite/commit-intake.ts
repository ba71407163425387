import type { Database } from "bun:sqlite";
import { sameRevenue } from "../../conversion/natural-key.ts";
import { isGiven } from "../../conversion/purchase-key.ts";
import { isGivenUp, mayBeLateRetry, samePurchaseAgain, staleRevision } from "../meet-fact.ts";
import { createRecent } from "../recent.ts";
import { isCountedAside } from "../sql/holders.ts";
import { FARTHEST_SECONDS } from "../sql/same-second.ts";
import type { DuplicateRow, IntakeRow, IntakeSlice, RowWarning, SliceResult } from "../store.ts";
import { mergeWarnings, packWarnings } from "../warnings.ts";
import { prepareBatchCounts } from "./batch-counts.ts";
import type { SqliteDriver } from "./driver.ts";
import { type KnownFact, prepareKnownFacts } from "./known-facts.ts";
import { prepareRevise } from "./revise-fact.ts";
import { prepareUnidentified } from "./unidentified-sales.ts";

/** Purchases that are remembered until the planner has indexed them. */
const RECENT_PURCHASES = 50_000;

type RowOutcome =
  | { readonly kind: "accepted"; readonly id: number; readonly fresh: boolean }
  | { readonly kind: "duplicate"; readonly id: number };

/** Where a row came to stand: its own id, or the fact that it meets. */
interface Written {
  readonly id: number;
  readonly original: KnownFact | null;
}

/**
 * Writes a group of slices. Prepared statements of their own, since drizzle's multi-row `values` halves the rate
 * (measured: 258,000 inserts/s with these on an empty table).
 */
export function prepareIntake(sqlite: Database, driver: SqliteDriver) {
  const insertBatch = sqlite.prepare(
    `insert into batches (id, source_id, counter_id, received, duplicates, rejected, sealed, warnings, first_conversion_id, last_conversion_id, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const growBatch = sqlite.prepare(
    `update batches set duplicates = duplicates + ?, rejected = rejected + ?, sealed = ?, warnings = ?,
       first_conversion_id = coalesce(first_conversion_id, ?), last_conversion_id = coalesce(?, last_conversion_id), updated_at = ? where id = ?`,
  );
  // Ids are given out here, since this process is the only writer: a batch is then written once, with its final counts.
  let lastBatchId = sqlite.query<{ id: number | null }, []>("select max(id) as id from batches").get()?.id ?? 0;
  // The planner writes the keys of purchases that `exact` sources tell; until it has, they are remembered here, for the
  // warning alone.
  const recentPurchases = createRecent<number>(RECENT_PURCHASES);
  let trying = false;
  const insertConversion = sqlite.prepare(
    `insert into conversions (batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id, user_id, yclid, purchase_id, price, currency)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  );
  const insertSourceKey = sqlite.prepare(
    "insert into source_keys (key_hash, conversion_id, expires_at) values (?, ?, ?) on conflict (key_hash) do update set conversion_id = excluded.conversion_id, expires_at = excluded.expires_at",
  );
  const insertRejected = sqlite.prepare(
    "insert into rejected_rows (batch_id, row, code, field, sealed, expires_at) values (?, ?, ?, ?, ?, ?)",
  );
  const insertDuplicate = sqlite.prepare(
    "insert into duplicates (batch_id, row, conversion_id, revision, upload_id) values (?, ?, ?, ?, ?)",
  );
  const insertCounter = sqlite.prepare(
    "insert into source_counters (source_id, counter_id) values (?, ?) on conflict do nothing",
  );
  const insertIdempotency = sqlite.prepare(
    `insert into idempotency (source_id, key, body_hash, batch_id, expires_at) values (?, ?, ?, ?, ?)
     on conflict (source_id, key) do update set body_hash = excluded.body_hash, batch_id = excluded.batch_id, expires_at = excluded.expires_at`,
  );
  const olderRevision = sqlite.prepare<{ found: number }, [number, string | null, string]>(
    "select 1 as found from conversion_revisions where conversion_id = ? and price is ? and currency = ?",
  );
  const counts = prepareBatchCounts(sqlite);
  const known = prepareKnownFacts(sqlite);
  const countUnidentified = prepareUnidentified(sqlite);
  const revise = prepareRevise(sqlite, driver);

  /** After a repeat another one is likely: looking first then spares a vain insert. */
  let lookFirst = false;

  function writeRow(
    slice: IntakeSlice,
    batchId: number,
    row: IntakeRow,
    warnings: RowWarning[],
    repeats: Map<number, number>,
  ): RowOutcome {
    const { keyHash } = row;
    const isByKey = slice.source.dedupeBy === "purchase" && keyHash !== null;
    const purchase = keyHash === null ? null : known.byPurchase(keyHash);
    if (isByKey && purchase) {
      if (purchase.fact) return meet(slice, batchId, row, purchase.fact, warnings, repeats);
      if (purchase.uploadId !== null) return repeatSettled(batchId, row, purchase.id, purchase.uploadId, repeats);
    }
    let written = insertOrFind(slice, batchId, row);
    // Two deals of one buyer, closed in one second, are two facts, which Metrika would take for one.
    if (isByKey && written.original !== null && isGiven(keyHash) && known.hasOtherKey(written.original, keyHash))
      written = insertApart(slice, batchId, row) ?? written;
    const { id, original } = written;
    if (isByKey) insertSourceKey.run(keyHash, id, slice.keysExpireAt);
    if (original !== null) return meet(slice, batchId, row, original, warnings, repeats);
    if (keyHash !== null && !isByKey) {
      const { dateTime } = row.conversion;
      const firstTime = purchase?.fact?.date_time ?? recentPurchases.get(keyHash);
      if (firstTime === undefined && !trying) recentPurchases.set(keyHash, dateTime);
      else if (firstTime !== undefined && firstTime !== dateTime) warnings.push(samePurchaseAgain(row, firstTime));
    }
    return { kind: "accepted", id, fresh: true };
  }

  /** Writes a row that is new; else finds the fact that it meets. */
  function insertOrFind(slice: IntakeSlice, batchId: number, row: IntakeRow): Written {
    const { conversion } = row;
    const before = lookFirst ? known.byNaturalKey(slice.source, conversion) : null;
    if (before) return { id: before.id, original: before };
    const id = insert(slice, batchId, row, conversion.dateTime);
    lookFirst = id === null;
    if (id !== null) return { id, original: null };
    const original = known.byNaturalKey(slice.source, conversion);
    if (!original) throw new Error("A conversion met a natural key that is not there.");
    return { id: original.id, original };
  }

  /** Writes a fact at the nearest free second before its own; null if there is none. */
  function insertApart(slice: IntakeSlice, batchId: number, row: IntakeRow): Written | null {
    for (let seconds = 1; seconds <= FARTHEST_SECONDS; seconds++) {
      const id = insert(slice, batchId, row, row.conversion.dateTime - seconds);
      if (id !== null) return { id, original: null };
    }
    return null;
  }

  /** Its id, or null where such a fact is known. */
  function insert(slice: IntakeSlice, batchId: number, { row, conversion: c }: IntakeRow, dateTime: number) {
    const { lastInsertRowid, changes } = insertConversion.run(
      batchId,
      row,
      slice.source.id,
      slice.source.workspaceId,
      slice.source.counterId,
      dateTime,
      c.target,
      c.clientId,
      c.userId,
      c.yclid,
      c.purchaseId,
      c.price,
      c.currency,
    );
    return changes === 0 ? null : Number(lastInsertRowid);
  }

  /** A row meets a known fact: a repeat, a late retry, a correction, or the revival of a fact that Metrika never took. */
  function meet(
    slice: IntakeSlice,
    batchId: number,
    row: IntakeRow,
    original: KnownFact,
    warnings: RowWarning[],
    repeats: Map<number, number>,
  ): RowOutcome {
    const same = sameRevenue(original, row.conversion);
    const file = known.fileOf(original);
    if (same && !isGivenUp({ file, setAside: original.set_aside })) return repeat(batchId, row, original, repeats);
    if (!same && isLateRetry(slice, batchId, row, original)) {
      warnings.push(staleRevision(row));
      return repeat(batchId, row, original, repeats);
    }
    revise({ slice, batchId, row, original, file });
    return { kind: "accepted", id: original.id, fresh: false };
  }

  function isLateRetry(slice: IntakeSlice, batchId: number, row: IntakeRow, original: KnownFact): boolean {
    const teller = known.tellerOf(original) ?? { createdAt: slice.now, sealed: false };
    if (!mayBeLateRetry(teller, original.batch_id === batchId, slice.now)) return false;
    return olderRevision.get(original.id, row.conversion.price, row.conversion.currency) !== null;
  }

  function repeat(batchId: number, row: IntakeRow, original: KnownFact, repeats: Map<number, number>): RowOutcome {
    const { upload_id: uploadId } = original;
    insertDuplicate.run(batchId, row.row, original.id, original.revision, uploadId);
    if (uploadId !== null) repeats.set(uploadId, (repeats.get(uploadId) ?? 0) + 1);
    else if (isCountedAside(original.set_aside)) counts.addToSetAside(batchId, original.target, original.set_aside, 1);
    return { kind: "duplicate", id: original.id };
  }

  /** A purchase whose row passed its retention long ago: its key still knows that Metrika has counted it. */
  function repeatSettled(
    batchId: number,
    row: IntakeRow,
    conversionId: number,
    uploadId: number,
    repeats: Map<number, number>,
  ): RowOutcome {
    insertDuplicate.run(batchId, row.row, conversionId, 0, uploadId);
    repeats.set(uploadId, (repeats.get(uploadId) ?? 0) + 1);
    return { kind: "duplicate", id: conversionId };
  }

  function writeSlice(slice: IntakeSlice): SliceResult {
    const batchId = slice.batchId ?? ++lastBatchId;
    const warnings: RowWarning[] = [];
    const duplicates: DuplicateRow[] = [];
    /** Repeats of rows that stand in a file, by the file: counted once a slice, since a storm of repeats hits few files. */
    const repeats = new Map<number, number>();
    let first: number | null = null;
    let last: number | null = null;
    for (const row of slice.rows) {
      const outcome = writeRow(slice, batchId, row, warnings, repeats);
      if (outcome.kind === "duplicate") duplicates.push({ row: row.row, conversionId: outcome.id });
      else if (outcome.fresh) {
        first ??= outcome.id;
        last = outcome.id;
      }
    }
    for (const [uploadId, rows] of repeats) {
      if (known.isCompleted(uploadId)) counts.addToCompleted(batchId, uploadId, rows);
      else counts.addToUpload(batchId, uploadId, 0, rows);
    }
    for (const r of slice.rejected)
      insertRejected.run(batchId, r.row, r.code, r.field, r.sealed, slice.rejectedExpireAt);
    const stored = slice.last ? packWarnings(mergeWarnings(slice.warnings, warnings)) : null;
    const totals = [duplicates.length, slice.rejected.length, slice.last ? 1 : 0, stored, first, last] as const;
    if (slice.unidentified.length > 0) countUnidentified(slice);
    const { id: sourceId, counterId, isOwnCounter } = slice.source;
    if (!isOwnCounter) insertCounter.run(sourceId, counterId);
    if (slice.batchId !== null) growBatch.run(...totals, slice.now, batchId);
    else
      insertBatch.run(
        batchId,
        sourceId,
        isOwnCounter ? null : counterId,
        slice.received,
        ...totals,
        slice.now,
        slice.now,
      );
    if (slice.last && slice.idempotency) {
      const { key, bodyHash, expiresAt } = slice.idempotency;
      insertIdempotency.run(slice.source.id, key, bodyHash, batchId, expiresAt);
    }
    return { batchId, accepted: slice.rows.length - duplicates.length, duplicates, warnings };
  }

  const commit = sqlite.transaction((group: readonly IntakeSlice[]) => {
    known.beginGroup();
    return group.map(writeSlice);
  });

  /** Rolls everything back: what the commit would find, and no trace. */
  class Undo extends Error {
    readonly result: SliceResult;
    constructor(result: SliceResult) {
      super();
      this.result = result;
    }
  }
  const tryOut = sqlite.transaction((slice: IntakeSlice) => {
    known.beginGroup();
    throw new Undo(writeSlice(slice));
  });

  return {
    commit: (group: readonly IntakeSlice[]) => commit.immediate(group),
    preview(slice: IntakeSlice): SliceResult {
      try {
        trying = true;
        return tryOut.immediate(slice);
      } catch (undo) {
        if (undo instanceof Undo) return undo.result;
        throw undo;
      } finally {
        trying = false;
      }
    },
  };
}
