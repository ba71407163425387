import { PURCHASE_KEYS_KEPT_MS } from "../conversion/purchase-key.ts";
import type { IntakeSlice, RowWarning, SliceResult, SourceRecord, Store } from "../store/store.ts";
import { inWarningOrder } from "../store/warnings.ts";
import type { Vault } from "../vault/vault.ts";
import type { Committer } from "./committer.ts";
import type { HalfWritten } from "./half-written.ts";
import type { KnownTargets } from "./known-targets.ts";
import { type Receipt, rebuildReceipt } from "./receipt.ts";
import { SLICE_ROWS, type SortedRows, sortOut } from "./sort-rows.ts";
import { createTurns } from "./turns.ts";

const DAY_MS = 86_400_000;
const IDEMPOTENCY_MS = DAY_MS;

/** The same idempotency key came with another body. */
export class IdempotencyKeyReusedError extends Error {
  override readonly name = "IdempotencyKeyReusedError";
}

export interface AcceptOptions {
  /** `strict` stores nothing if one row is bad; `dry_run` stores nothing at all. */
  readonly mode: "normal" | "strict" | "dry_run";
  /** The sender's key for this request and a hash of everything the answer depends on. */
  readonly idempotency: { readonly key: string; readonly bodyHash: string } | null;
}

export interface AcceptDeps {
  readonly store: Pick<Store, "intake" | "batches">;
  readonly committer: Committer;
  readonly vault: Vault;
  readonly targets: KnownTargets;
  readonly halfWritten: HalfWritten;
  readonly now: () => number;
  readonly newUuid: () => string;
  /** How long a refused row's content is kept, in milliseconds. */
  readonly rejectedKeptMs: number;
}

export type Accept = (source: SourceRecord, rows: readonly unknown[], options: AcceptOptions) => Promise<Receipt>;

/**
 * The door of the sink: normalises and validates each row, recognises repeats, writes durably. When it resolves, the
 * accepted rows are on disk. Good rows are taken beside bad ones.
 * @throws {IdempotencyKeyReusedError}
 * @throws {OverloadedError} {StorageUnavailableError} nothing was acknowledged: the sender should repeat
 */
export function createAccept(deps: AcceptDeps): Accept {
  const inTurn = createTurns();

  async function acceptOnce(source: SourceRecord, rows: readonly unknown[], options: AcceptOptions): Promise<Receipt> {
    // The rows of a half-written batch would be met as known ones.
    await deps.halfWritten.discard();
    const batchUuid = deps.newUuid();
    const sorted = await sortOut(deps, source, rows, batchUuid, options.mode === "normal");
    if (options.mode === "strict" && sorted.rejections.length > 0) return withoutBatch(rows.length, 0, sorted);
    if (options.mode === "dry_run") return tryOut(source, rows.length, sorted, batchUuid);
    return write(source, rows.length, sorted, batchUuid, options);
  }

  async function write(
    source: SourceRecord,
    received: number,
    sorted: SortedRows,
    batchUuid: string,
    options: AcceptOptions,
  ): Promise<Receipt> {
    let batchId: number | null = null;
    const duplicates = [];
    const warnings: RowWarning[] = [...sorted.warnings];
    const slices = Math.max(
      1,
      Math.ceil(sorted.rows.length / SLICE_ROWS),
      Math.ceil(sorted.rejected.length / SLICE_ROWS),
    );
    for (let i = 0; i < slices; i++) {
      const last = i === slices - 1;
      const slice = sliceOf(
        source,
        received,
        sorted,
        batchUuid,
        i,
        last ? options.idempotency : null,
        last ? warnings : [],
      );
      let result: SliceResult;
      try {
        result = await deps.committer.add({ ...slice, batchId, last });
      } catch (error) {
        if (batchId !== null) deps.halfWritten.add(batchId);
        await deps.halfWritten.discard();
        throw error;
      }
      batchId = result.batchId;
      duplicates.push(...result.duplicates);
      warnings.push(...result.warnings);
    }
    return {
      batchUuid,
      received,
      accepted: sorted.rows.length - duplicates.length,
      duplicates,
      rejections: sorted.rejections,
      warnings: warnings.sort(inWarningOrder),
      repeated: false,
      conversions: [],
    };
  }

  async function tryOut(
    source: SourceRecord,
    received: number,
    sorted: SortedRows,
    batchUuid: string,
  ): Promise<Receipt> {
    const whole = {
      ...sliceOf(source, received, { ...sorted, rejected: [] }, batchUuid, null, null, []),
      batchId: null,
      last: true,
    };
    const found = await deps.store.intake.preview(whole);
    const repeats = new Set(found.duplicates.map((d) => d.row));
    return {
      ...withoutBatch(received, found.accepted, sorted),
      duplicates: found.duplicates,
      warnings: [...sorted.warnings, ...found.warnings].sort(inWarningOrder),
      conversions: sorted.rows.filter((r) => !repeats.has(r.row)),
    };
  }

  function sliceOf(
    source: SourceRecord,
    received: number,
    sorted: SortedRows,
    batchUuid: string,
    part: number | null,
    idempotency: AcceptOptions["idempotency"],
    warnings: readonly RowWarning[],
  ): Omit<IntakeSlice, "batchId" | "last"> {
    const now = deps.now();
    const cut = <T>(all: readonly T[]) => (part === null ? all : all.slice(part * SLICE_ROWS, (part + 1) * SLICE_ROWS));
    return {
      batchUuid,
      source: {
        id: source.id,
        workspaceId: source.workspaceId,
        counterId: source.counterId,
        dedupeBy: source.options.dedupeBy,
      },
      received,
      rows: cut(sorted.rows),
      rejected: cut(sorted.rejected),
      idempotency: idempotency && { ...idempotency, expiresAt: now + IDEMPOTENCY_MS },
      rejectedExpireAt: now + deps.rejectedKeptMs,
      keysExpireAt: now + PURCHASE_KEYS_KEPT_MS,
      warnings,
      now,
    };
  }

  return async (source, rows, options) => {
    if (!options.idempotency || options.mode === "dry_run") return acceptOnce(source, rows, options);
    // Senders choose their keys, and some choose a customer's e-mail or phone: only a keyed hash is stored.
    const key = deps.vault.hmac("idempotency", options.idempotency.key);
    const idempotency = { ...options.idempotency, key };
    return inTurn(`${source.id}\n${key}`, async () => {
      const first = await deps.store.intake.findIdempotent(source.id, key, deps.now());
      if (!first) return acceptOnce(source, rows, { ...options, idempotency });
      if (first.bodyHash !== idempotency.bodyHash) {
        throw new IdempotencyKeyReusedError("The idempotency key was used for another body.");
      }
      return rebuildReceipt(deps.store.batches, deps.vault, first.batchId);
    });
  };
}

function withoutBatch(received: number, accepted: number, sorted: SortedRows): Receipt {
  const { rejections, warnings } = sorted;
  return {
    batchUuid: null,
    received,
    accepted,
    duplicates: [],
    rejections,
    warnings,
    repeated: false,
    conversions: [],
  };
}
