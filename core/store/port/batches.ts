import type { Conversion } from "../../conversion/conversion.ts";
import type { DuplicateRow, RejectedRow, RowWarning } from "./intake.ts";
import type { Page } from "./page.ts";
import type { SetAsideReason } from "./planning.ts";
import type { UploadRecord, UploadState } from "./uploads.ts";

export type BatchStatus = "pending" | "uploaded" | "processing" | "completed" | "error";

/** A batch with its derived status, as the view `webhook_batches` tells it. */
export interface BatchRecord {
  readonly id: number;
  readonly uuid: string;
  readonly sourceId: number;
  readonly sourceUuid: string;
  readonly counterId: number;
  readonly status: BatchStatus;
  readonly statusVersion: number;
  readonly total: number;
  readonly processed: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly metrikaUploadId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly warnings: readonly RowWarning[];
}

export interface BatchUpload extends UploadRecord {
  /** Rows and repeats of the batch in this upload. */
  readonly batchRows: number;
  readonly batchDuplicates: number;
  /** No other batch has a row in it. */
  readonly exclusive: boolean;
}

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
  readonly setAside: SetAsideReason | null;
  readonly upload: {
    readonly uuid: string;
    readonly state: UploadState;
    readonly metrikaStatus: string | null;
    readonly rows: number;
    readonly linkedQuantity: number | null;
    readonly metrikaUploadId: string | null;
    readonly errorCode: string | null;
    readonly credentialPaused: boolean;
  } | null;
  readonly rejection: { readonly code: string; readonly field: string; readonly sealed: string | null } | null;
}

export interface BatchStore {
  findByUuid(uuid: string): Promise<BatchRecord | null>;
  get(id: number): Promise<BatchRecord | null>;
  list(filter: { sourceId: number; before: number | null; limit: number }): Promise<Page<BatchRecord>>;
  uploadsOf(batchId: number): Promise<readonly BatchUpload[]>;
  setAsideOf(batchId: number): Promise<readonly SetAside[]>;
  rejectedOf(batchId: number): Promise<readonly RejectedRow[]>;
  duplicatesOf(batchId: number): Promise<readonly DuplicateRow[]>;
  rowsOf(batchId: number, afterRow: number, limit: number): Promise<Page<BatchRow>>;
}
