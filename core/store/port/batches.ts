import type { Conversion } from "../../conversion/conversion.ts";
import type { DuplicateRow, RejectedRow, RowWarning } from "./intake.ts";
import type { Page } from "./page.ts";
import type { SetAsideReason } from "./planning.ts";
import type { UploadRecord, UploadState } from "./uploads.ts";

/** The status of a batch as specified; the view `batch_status` derives it. */
export type BatchStatus = "pending" | "uploaded" | "processing" | "completed" | "error";

/** A batch with its derived status, as the view `batch_status` tells it; instants are Unix milliseconds. */
export interface BatchRecord {
  readonly id: number;
  readonly uuid: string;
  readonly sourceId: number;
  readonly sourceUuid: string;
  readonly counterId: number;
  readonly status: BatchStatus;
  /** Grows whenever the status may have changed. */
  readonly statusVersion: number;
  /** Rows received: accepted, duplicates and rejected. */
  readonly total: number;
  /** Rows, and repeats of rows, whose upload Metrika has finished and taken. */
  readonly processed: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Of the first upload that Metrika has. */
  readonly metrikaUploadId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly warnings: readonly RowWarning[];
}

/** An upload as one of the batches in it sees it. */
export interface BatchUpload extends UploadRecord {
  /** Rows of the batch in this upload. */
  readonly batchRows: number;
  /** Rows of the batch that repeat a row in this upload. */
  readonly batchDuplicates: number;
  /** No other batch has a row in it. */
  readonly exclusive: boolean;
}

/** Rows of a batch that wait or were given up for one reason. */
export interface SetAside {
  readonly target: string;
  readonly reason: SetAsideReason;
  readonly rows: number;
}

/** One received row of a batch and what became of it. */
export interface BatchRow {
  readonly row: number;
  readonly kind: "accepted" | "replaced" | "duplicate" | "rejected";
  readonly conversionId: number | null;
  readonly conversion: Conversion | null;
  /**
   * Unix seconds: the second of its fact in files; null when that is `dateTime`. Equal to `dateTime`: no second was free, and
   * Metrika keeps one of the facts that share this one.
   */
  readonly sentTime: number | null;
  /** Which telling of its fact it is or repeats: 0 is the first, each correction one more; null for a refused row. */
  readonly revision: number | null;
  readonly setAside: SetAsideReason | null;
  readonly upload: {
    readonly uuid: string;
    readonly state: UploadState;
    readonly metrikaStatus: string | null;
    readonly rows: number;
    readonly linkedQuantity: number | null;
    readonly metrikaUploadId: string | null;
    readonly errorCode: string | null;
    /** When it was noticed that the file waits beyond its deadline. */
    readonly lateAt: number | null;
    readonly credentialPaused: boolean;
  } | null;
  readonly rejection: { readonly code: string; readonly field: string; readonly sealed: string | null } | null;
}

/** Batches and what became of their rows. A batch that is not sealed is not there. */
export interface BatchStore {
  findByUuid(uuid: string): Promise<BatchRecord | null>;
  get(id: number): Promise<BatchRecord | null>;
  /** Newest first; `before` is the cursor of the page before. */
  list(filter: { sourceId: number; before: number | null; limit: number }): Promise<Page<BatchRecord>>;
  /** Files sealed batches under their sources, the oldest that are not yet, so that `list` finds them; how many it took. */
  fileUnderSources(limit: number): Promise<number>;
  /** How many rows of a source were accepted from an instant on and before another, corrections among them; Unix ms. */
  acceptedOf(sourceId: number, from: number, before: number): Promise<number>;
  /** Oldest first. */
  uploadsOf(batchId: number): Promise<readonly BatchUpload[]>;
  setAsideOf(batchId: number): Promise<readonly SetAside[]>;
  /** In the order of the request; the first `limit` of them, or all. */
  rejectedOf(batchId: number, limit?: number): Promise<readonly RejectedRow[]>;
  /** In the order of the request. */
  duplicatesOf(batchId: number): Promise<readonly DuplicateRow[]>;
  /** Every received row after `afterRow` (-1: from the first), in the order of the request. */
  rowsOf(batchId: number, afterRow: number, limit: number): Promise<Page<BatchRow>>;
}
