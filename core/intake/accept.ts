import type { ContactTexts } from "../conversion/contact.ts";
import { PURCHASE_KEYS_KEPT_MS } from "../conversion/purchase-key.ts";
import { batchUuid } from "../store/public-id.ts";
import type {
  DuplicateRow,
  IdempotentAnswer,
  IntakeSlice,
  RowWarning,
  SliceResult,
  SourceRecord,
  Store,
} from "../store/store.ts";
import { mergeWarnings } from "../store/warnings.ts";
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
  /**
   * By what each row is known whatever its time, in the order of the rows, where its source dedupes by purchase: 1 to 500
   * characters, the target is part of it anyway. Null: by the row's `purchase_id`.
   */
  readonly keys?: readonly (string | null)[];
  /** The counter that the rows are for, where it is not the source's own; its goals and its repeats count. */
  readonly counterId?: number | undefined;
  /**
   * By whom the buyer of each row can be reached, in the order of the rows. Looked at where the source matches by contact, for rows
   * of which nothing but an identifier is missing: they are refused with `kept_by_contact`, and kept by the hashes of these. Not in
   * `strict`, which keeps nothing of a request with such a row.
   */
  readonly contacts?: readonly (ContactTexts | null)[];
}

export interface AcceptDeps {
  readonly store: Pick<Store, "installation" | "intake" | "batches">;
  readonly committer: Committer;
  readonly vault: Vault;
  readonly targets: KnownTargets;
  readonly halfWritten: HalfWritten;
  readonly now: () => number;
  readonly newUuid: () => string;
  /** How long a refused row's content is kept, in milliseconds. */
  readonly rejectedKeptMs: number;
}

/** One request on its way into the store; `now` in Unix milliseconds. */
interface Intake {
  readonly source: SourceRecord;
  readonly counterId: number;
  readonly received: number;
  readonly now: number;
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
    const discarding = deps.halfWritten.discard();
    if (discarding) await discarding;
    const { workspaceId } = source;
    const { counterId = source.counterId, keys = null } = options;
    const intake = { source, counterId, received: rows.length, now: deps.now() };
    const known = source.options.createMissingGoals ? null : deps.targets({ workspaceId, counterId });
    const goals = known instanceof Promise ? await known : known;
    const matchesContacts = source.options.matchByContact === "md5" && options.mode !== "strict";
    const contacts = (matchesContacts && options.contacts) || null;
    const judging = { source, counterId, goals, keepRefused: options.mode === "normal", keys, contacts };
    const sorting = sortOut(deps, judging, rows);
    const sorted = sorting instanceof Promise ? await sorting : sorting;
    if (options.mode === "strict" && sorted.rejections.length > 0) return withoutBatch(rows.length, 0, sorted);
    if (options.mode === "dry_run") return tryOut(intake, sorted);
    const most = Math.max(sorted.rows.length, sorted.rejected.length);
    const written =
      most <= SLICE_ROWS
        ? await deps.committer.add(wholeSlice(intake, sorted, options.idempotency))
        : await writeSlices(intake, sorted, Math.ceil(most / SLICE_ROWS), options.idempotency);
    if (written.answered && options.idempotency) return answerAgain(written.answered, options.idempotency);
    return {
      batchUuid: batchUuid(deps.store.installation.uuid, written.batchId),
      received: rows.length,
      accepted: sorted.rows.length - written.duplicates.length,
      duplicates: written.duplicates,
      rejections: sorted.rejections,
      warnings: mergeWarnings(sorted.warnings, written.warnings),
      repeated: false,
      conversions: [],
    };
  }

  async function writeSlices(
    intake: Intake,
    sorted: SortedRows,
    slices: number,
    idempotency: AcceptOptions["idempotency"],
  ): Promise<Pick<SliceResult, "batchId" | "duplicates" | "warnings" | "answered">> {
    const whole = wholeSlice(intake, sorted, idempotency);
    let batchId: number | null = null;
    const duplicates: DuplicateRow[] = [];
    const warnings: RowWarning[] = [];
    for (let i = 0; i < slices; i++) {
      const last = i === slices - 1;
      const cut = <T>(all: readonly T[]) => all.slice(i * SLICE_ROWS, (i + 1) * SLICE_ROWS);
      const slice = {
        ...whole,
        batchId,
        last,
        rows: cut(sorted.rows),
        rejected: cut(sorted.rejected),
        unidentified: cut(sorted.unidentified),
        now: deps.now(),
      };
      const told = last ? { warnings: [...sorted.warnings, ...warnings] } : { warnings: [], idempotency: null };
      let result: SliceResult;
      try {
        result = await deps.committer.add({ ...slice, ...told });
      } catch (error) {
        if (batchId !== null) deps.halfWritten.add(batchId);
        await deps.halfWritten.discard();
        throw error;
      }
      if (result.answered) {
        if (batchId !== null) deps.halfWritten.add(batchId);
        await deps.halfWritten.discard();
        return result;
      }
      batchId = result.batchId;
      duplicates.push(...result.duplicates);
      warnings.push(...result.warnings);
    }
    if (batchId === null) throw new Error("A request was cut into no slice.");
    return { batchId, duplicates, warnings };
  }

  async function tryOut(intake: Intake, sorted: SortedRows): Promise<Receipt> {
    const found = await deps.store.intake.preview(
      wholeSlice(intake, { ...sorted, rejected: [], unidentified: [], warnings: [] }, null),
    );
    const repeats = new Set(found.duplicates.map((d) => d.row));
    return {
      ...withoutBatch(intake.received, found.accepted, sorted),
      duplicates: found.duplicates,
      warnings: mergeWarnings(sorted.warnings, found.warnings),
      conversions: sorted.rows.filter((r) => !repeats.has(r.row)),
    };
  }

  function wholeSlice(
    { source, counterId, received, now }: Intake,
    { rows, rejected, unidentified, warnings }: SortedRows,
    idempotency: AcceptOptions["idempotency"],
  ): IntakeSlice {
    return {
      batchId: null,
      source: {
        id: source.id,
        workspaceId: source.workspaceId,
        counterId,
        isOwnCounter: counterId === source.counterId,
        dedupeBy: source.options.dedupeBy,
      },
      received,
      rows,
      rejected,
      unidentified,
      idempotency: idempotency && { ...idempotency, expiresAt: now + IDEMPOTENCY_MS },
      rejectedExpireAt: now + deps.rejectedKeptMs,
      keysExpireAt: now + PURCHASE_KEYS_KEPT_MS,
      last: true,
      warnings,
      now,
    };
  }

  async function acceptKeyed(
    source: SourceRecord,
    rows: readonly unknown[],
    options: AcceptOptions,
    given: NonNullable<AcceptOptions["idempotency"]>,
  ): Promise<Receipt> {
    // A request whose rows are for several counters is told counter by counter, under one key.
    const { counterId = source.counterId } = options;
    const ofCounter = counterId === source.counterId ? given.key : `${given.key}\n${counterId}`;
    // Senders choose their keys, and some choose a customer's e-mail or phone: only a keyed hash is stored.
    const key = deps.vault.hmac("idempotency", ofCounter);
    const idempotency = { ...given, key };
    return inTurn(`${source.id}\n${key}`, async () => {
      const first = await deps.store.intake.findIdempotent(source.id, key, deps.now());
      return first ? answerAgain(first, idempotency) : acceptOnce(source, rows, { ...options, idempotency });
    });
  }

  function answerAgain(first: IdempotentAnswer, { bodyHash }: { readonly bodyHash: string }): Promise<Receipt> {
    if (first.bodyHash !== bodyHash) {
      throw new IdempotencyKeyReusedError("The idempotency key was used for another body.");
    }
    return rebuildReceipt(deps.store.batches, deps.vault, first.batchId);
  }

  return (source, rows, options) =>
    options.idempotency && options.mode !== "dry_run"
      ? acceptKeyed(source, rows, options, options.idempotency)
      : acceptOnce(source, rows, options);
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
