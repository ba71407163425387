import type { ContactHashes } from "../../conversion/contact.ts";
import type { Conversion, Finding, NamelessSale } from "../../conversion/conversion.ts";

/** A valid row on its way in; `row` is its index in the request. */
export interface IntakeRow {
  readonly row: number;
  readonly conversion: Conversion;
  /** The keyed hash of the key that its source gave, else of its purchase, if it names one. See `conversion/purchase-key.ts`. */
  readonly keyHash: string | null;
}

/** A refused row: its main fault, and all it held, sealed; null once that has expired. */
export interface RejectedRow {
  readonly row: number;
  readonly code: string;
  readonly field: string;
  readonly sealed: string | null;
}

/** A sale whose buyer is known by phone or e-mail alone, by their MD5. */
export interface ContactSale extends NamelessSale, ContactHashes {}

/** A sale that was refused because it names no visitor. It is counted once, however often it is told. */
export interface UnidentifiedSale {
  /** The keyed hash by which it is known; of a key that its source gave, the same by which its conversion would be. */
  readonly keyHash: string;
  /** Null: nothing of it is kept. */
  readonly contact: ContactSale | null;
}

/**
 * A part of one batch that is written at once. A small batch is one slice; a large one comes as several, the first with
 * `batchId` null, and stays invisible until the slice with `last` is committed.
 */
export interface IntakeSlice {
  readonly batchId: number | null;
  readonly source: {
    readonly id: number;
    readonly workspaceId: number;
    /** For which its rows are. */
    readonly counterId: number;
    readonly isOwnCounter: boolean;
    readonly dedupeBy: "exact" | "purchase";
  };
  /** Rows of the whole batch. */
  readonly received: number;
  readonly rows: readonly IntakeRow[];
  readonly rejected: readonly RejectedRow[];
  /** Those among the refused rows that name no visitor. */
  readonly unidentified: readonly UnidentifiedSale[];
  readonly idempotency: { readonly key: string; readonly bodyHash: string; readonly expiresAt: number } | null;
  /** When the content of refused rows, and own keys and sales by contact, are forgotten. Unix ms, as all instants here. */
  readonly rejectedExpireAt: number;
  readonly keysExpireAt: number;
  readonly last: boolean;
  /** On the last slice: all findings so far, stored with the batch so that the first answer can be rebuilt. */
  readonly warnings: readonly RowWarning[];
  readonly now: number;
}

/** A warning about one row, by its index in the request. */
export interface RowWarning extends Finding {
  readonly row: number;
}

/** A row that repeats a known conversion. */
export interface DuplicateRow {
  readonly row: number;
  readonly conversionId: number;
}

/** The answer that a sender's idempotency key has had already: its batch, and a hash of what was answered. */
export interface IdempotentAnswer {
  readonly bodyHash: string;
  readonly batchId: number;
}

/** What became of one slice. */
export interface SliceResult {
  readonly batchId: number;
  readonly accepted: number;
  readonly duplicates: readonly DuplicateRow[];
  /** Warnings that only the database could know; already stored with the batch. */
  readonly warnings: readonly RowWarning[];
  /** Another gateway has answered the slice's idempotency key meanwhile: nothing of the slice was written. */
  readonly answered?: IdempotentAnswer;
}

/** The door by which conversions come in. */
export interface IntakeStore {
  /** How many groups may usefully be written at once. */
  readonly groupsAtOnce: number;
  /** Writes a group of slices in one durable transaction: all or nothing; resolved means on disk. */
  commit(group: readonly IntakeSlice[]): Promise<readonly SliceResult[]>;
  /** The batch that an idempotency key of a source answered with, unless the key has expired. */
  findIdempotent(sourceId: number, key: string, now: number): Promise<IdempotentAnswer | null>;
  /** What `commit` would find, without writing anything. */
  preview(slice: IntakeSlice): Promise<Omit<SliceResult, "batchId">>;
  /**
   * Takes away a batch whose later slices could not be written; an unsealed batch holds the planner. Nothing happens to a
   * sealed one. What other senders were answered meanwhile stays true: a fact that another batch repeated becomes its own.
   */
  discard(batchId: number): Promise<void>;
}
