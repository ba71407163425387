import type { Database } from "bun:sqlite";
import type { Conversion } from "../../conversion/conversion.ts";
import { sameRevenue } from "../../conversion/natural-key.ts";
import type {
  DuplicateRow,
  IntakeRow,
  IntakeSlice,
  RowWarning,
  SetAsideReason,
  SliceResult,
  UploadState,
} from "../store.ts";
import { packWarnings } from "../warnings.ts";
import { prepareBatchCounts } from "./batch-counts.ts";
import { isCountedAside } from "./holders.ts";
import { createRecent } from "./recent.ts";
import { prepareUploadGroups } from "./upload-groups.ts";

/** A price that returns within this time after a newer one is a late retry, not a change of mind. */
const LATE_RETRY_MS = 10 * 60_000;

/** Purchases that are remembered until the planner has indexed them. */
const RECENT_PURCHASES = 50_000;

/** The stored fact a row meets by its natural key or its purchase. */
interface Original {
  readonly id: number;
  readonly batch_id: number;
  readonly row: number;
  readonly source_id: number;
  readonly target: string;
  readonly date_time: number;
  readonly price: string | null;
  readonly currency: string;
  readonly revision: number;
  readonly upload_id: number | null;
  readonly set_aside: SetAsideReason | null;
  readonly state: UploadState | null;
  readonly upload_currency: string | null;
  /** Null for a row of the batch that is just being written. */
  readonly told_at: number | null;
  readonly told_sealed: number | null;
}

type RowOutcome =
  | { readonly kind: "accepted"; readonly id: number; readonly fresh: boolean }
  | { readonly kind: "duplicate"; readonly id: number };

const ORIGINAL = `select c.id, c.batch_id, c.row, c.source_id, c.target, c.date_time, c.price, c.currency, c.revision, c.upload_id, c.set_aside, u.state,
    u.currency as upload_currency, b.created_at as told_at, b.sealed as told_sealed
  from conversions c left join batches b on b.id = c.batch_id left join uploads u on u.id = c.upload_id`;

/**
 * Writes a group of slices. Prepared statements of their own, since drizzle's multi-row `values` halves the rate
 * (measured: 258,000 inserts/s with these on an empty table).
 */
export function prepareIntake(sqlite: Database) {
  const insertBatch = sqlite.prepare(
    `insert into batches (id, uuid, source_id, received, duplicates, rejected, sealed, warnings, first_conversion_id, last_conversion_id, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const growBatch = sqlite.prepare(
    `update batches set duplicates = duplicates + ?, rejected = rejected + ?, sealed = ?, warnings = ?,
       first_conversion_id = coalesce(first_conversion_id, ?), last_conversion_id = coalesce(?, last_conversion_id) where id = ?`,
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
  const byNaturalKey = sqlite.prepare<Original, [number, number, number, string, string, string, string, string]>(
    `${ORIGINAL} where c.date_time = ? and c.counter_id = ? and c.workspace_id = ? and c.target = ? and c.client_id = ? and c.user_id = ? and c.yclid = ? and c.purchase_id = ?`,
  );
  const bySourceKey = sqlite.prepare<Original, [string]>(
    `${ORIGINAL} join source_keys k on k.conversion_id = c.id where k.key_hash = ?`,
  );
  const settledPurchase = sqlite.prepare<{ conversion_id: number; upload_id: number }, [string]>(
    "select conversion_id, upload_id from source_keys where key_hash = ? and upload_id is not null",
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
  const insertIdempotency = sqlite.prepare(
    `insert into idempotency (source_id, key, body_hash, batch_id, expires_at) values (?, ?, ?, ?, ?)
     on conflict (source_id, key) do update set body_hash = excluded.body_hash, batch_id = excluded.batch_id, expires_at = excluded.expires_at`,
  );
  const olderRevision = sqlite.prepare<{ found: number }, [number, string | null, string]>(
    "select 1 as found from conversion_revisions where conversion_id = ? and price is ? and currency = ?",
  );
  const keepRevision = sqlite.prepare(
    `insert into conversion_revisions (conversion_id, revision, batch_id, row, price, currency, upload_id, outcome, replaced_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // What a given-up fact took with it stays given up, whatever becomes of the fact's next revision.
  const giveUpOpenRevisions = sqlite.prepare(
    "update conversion_revisions set outcome = ? where conversion_id = ? and upload_id is null and outcome is null",
  );
  const replaceRevision = sqlite.prepare(
    `update conversions set batch_id = ?, row = ?, source_id = ?, price = ?, currency = ?, revision = revision + 1, upload_id = ?, set_aside = ? where id = ?`,
  );
  const counts = prepareBatchCounts(sqlite);
  const groups = prepareUploadGroups(sqlite);

  const naturalOriginal = (slice: IntakeSlice, c: Conversion) =>
    byNaturalKey.get(
      c.dateTime,
      slice.source.counterId,
      slice.source.workspaceId,
      c.target,
      c.clientId,
      c.userId,
      c.yclid,
      c.purchaseId,
    );

  function writeRow(
    slice: IntakeSlice,
    batchId: number,
    row: IntakeRow,
    warnings: RowWarning[],
    repeats: Map<number, number>,
  ): RowOutcome {
    const { conversion: c, keyHash } = row;
    const samePurchase = keyHash === null ? null : bySourceKey.get(keyHash);
    if (slice.source.dedupeBy === "purchase" && keyHash !== null) {
      if (samePurchase) return meet(slice, batchId, row, samePurchase, warnings, repeats);
      const settled = settledPurchase.get(keyHash);
      if (settled) return repeatSettled(batchId, row, settled.conversion_id, settled.upload_id, repeats);
    }
    const inserted = insertConversion.run(
      batchId,
      row.row,
      slice.source.id,
      slice.source.workspaceId,
      slice.source.counterId,
      c.dateTime,
      c.target,
      c.clientId,
      c.userId,
      c.yclid,
      c.purchaseId,
      c.price,
      c.currency,
    );
    if (inserted.changes === 0) {
      const original = naturalOriginal(slice, c);
      if (!original) throw new Error("A conversion met a natural key that is not there.");
      return meet(slice, batchId, row, original, warnings, repeats);
    }
    const id = Number(inserted.lastInsertRowid);
    if (keyHash !== null && slice.source.dedupeBy === "purchase") insertSourceKey.run(keyHash, id, slice.keysExpireAt);
    if (keyHash !== null && slice.source.dedupeBy === "exact") {
      const firstTime = samePurchase?.date_time ?? recentPurchases.get(keyHash);
      if (firstTime === undefined && !trying) recentPurchases.set(keyHash, c.dateTime);
      else if (firstTime !== undefined && firstTime !== c.dateTime) warnings.push(samePurchaseAgain(row, firstTime));
    }
    return { kind: "accepted", id, fresh: true };
  }

  /** A row meets a known fact: a repeat, a late retry, a correction, or the revival of a fact that Metrika never took. */
  function meet(
    slice: IntakeSlice,
    batchId: number,
    row: IntakeRow,
    original: Original,
    warnings: RowWarning[],
    repeats: Map<number, number>,
  ): RowOutcome {
    const { price, currency } = row.conversion;
    const same = sameRevenue(original, row.conversion);
    const givenUp =
      original.set_aside === "goal_not_found" || original.set_aside === "cancelled" || original.state === "failed";
    if (same && !givenUp) return repeat(batchId, row, original, repeats);
    // A revision that another sender has no answer for yet may still be taken back: it makes nothing stale.
    const acknowledged = original.told_sealed === 1 || original.batch_id === batchId;
    const late =
      !same &&
      acknowledged &&
      slice.now - (original.told_at ?? slice.now) <= LATE_RETRY_MS &&
      olderRevision.get(original.id, price, currency) !== null;
    if (late) {
      warnings.push({ row: row.row, code: "stale_revision", field: "price", params: { price: price ?? "" } });
      return repeat(batchId, row, original, repeats);
    }
    return revise(slice, batchId, row, original, givenUp);
  }

  function repeat(batchId: number, row: IntakeRow, original: Original, repeats: Map<number, number>): RowOutcome {
    const { upload_id: uploadId } = original;
    insertDuplicate.run(batchId, row.row, original.id, original.revision, uploadId);
    if (uploadId !== null) repeats.set(uploadId, (repeats.get(uploadId) ?? 0) + 1);
    else if (original.set_aside !== null && isCountedAside(original.set_aside))
      counts.addToSetAside(batchId, original.target, original.set_aside, 1);
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

  /**
   * The next revision of a fact. Not yet in a sealed file: it replaces, and the earlier revision shares its fate. In a file
   * that Metrika has not settled: it waits for that file. Otherwise it goes into a new file, at the identifier and second
   * first sent, since only then does Metrika overwrite. A file that is being filled takes the new revision only if it is of
   * the file's currency, and not before the whole batch is there: a half-written one may be taken back.
   */
  function revise(
    slice: IntakeSlice,
    batchId: number,
    row: IntakeRow,
    original: Original,
    givenUp: boolean,
  ): RowOutcome {
    const { state, set_aside: aside } = original;
    const fitsFile = row.conversion.currency === "" || row.conversion.currency === original.upload_currency;
    const keepsFile = state === "filling" && slice.last && fitsFile;
    const inOpenFile = state !== null && !keepsFile && state !== "completed" && state !== "failed";
    // A held row goes back to the planner, which sees whether the source that corrects it is paused as well.
    const nextAside: SetAsideReason | null = keepsFile
      ? null
      : inOpenFile
        ? "waiting_upload"
        : state !== null || givenUp || aside === "delivery_paused"
          ? "requeued"
          : aside;
    keepRevision.run(
      original.id,
      original.revision,
      original.batch_id,
      original.row,
      original.price,
      original.currency,
      original.upload_id,
      givenUp ? (aside ?? "failed") : null,
      slice.now,
    );
    if (givenUp && aside !== null) giveUpOpenRevisions.run(aside, original.id);
    replaceRevision.run(
      batchId,
      row.row,
      slice.source.id,
      row.conversion.price,
      row.conversion.currency,
      keepsFile ? original.upload_id : null,
      nextAside,
      original.id,
    );
    if (keepsFile && original.upload_id !== null) {
      counts.addToUpload(batchId, original.upload_id, 1, 0);
      if (original.source_id !== slice.source.id)
        groups.handOver(original.upload_id, original.id, original.source_id, slice.source.id);
    }
    if (nextAside === "waiting_goal") counts.addToSetAside(batchId, original.target, nextAside, 1);
    return { kind: "accepted", id: original.id, fresh: false };
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
    for (const [uploadId, rows] of repeats) counts.addToUpload(batchId, uploadId, 0, rows);
    for (const r of slice.rejected)
      insertRejected.run(batchId, r.row, r.code, r.field, r.sealed, slice.rejectedExpireAt);
    const stored = slice.last ? packWarnings([...slice.warnings, ...warnings]) : null;
    const totals = [duplicates.length, slice.rejected.length, slice.last ? 1 : 0, stored, first, last] as const;
    if (slice.batchId !== null) growBatch.run(...totals, batchId);
    else insertBatch.run(batchId, slice.batchUuid, slice.source.id, slice.received, ...totals, slice.now, slice.now);
    if (slice.last && slice.idempotency) {
      const { key, bodyHash, expiresAt } = slice.idempotency;
      insertIdempotency.run(slice.source.id, key, bodyHash, batchId, expiresAt);
    }
    return { batchId, accepted: slice.rows.length - duplicates.length, duplicates, warnings };
  }

  const commit = sqlite.transaction((group: readonly IntakeSlice[]) => group.map(writeSlice));

  /** Rolls everything back: what the commit would find, and no trace. */
  class Undo extends Error {
    readonly result: SliceResult;
    constructor(result: SliceResult) {
      super();
      this.result = result;
    }
  }
  const tryOut = sqlite.transaction((slice: IntakeSlice) => {
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

function samePurchaseAgain(row: IntakeRow, firstTime: number): RowWarning {
  return {
    row: row.row,
    code: "same_purchase_again",
    field: "purchase_id",
    params: {
      purchase_id: row.conversion.purchaseId,
      first_date_time: new Date(firstTime * 1000).toISOString().replace(".000Z", "Z"),
    },
  };
}
