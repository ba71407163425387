import type { Conversion } from "../../conversion/conversion.ts";
import type { BatchRow } from "./batches.ts";

/** One telling of a fact: the first, or a correction. */
export interface ConversionRevision {
  /** Its row in the batch that told it, with its price and the file it went in. */
  readonly row: BatchRow & { readonly revision: number; readonly conversion: Conversion };
  readonly batchUuid: string;
  /** When that batch arrived, in Unix milliseconds. */
  readonly toldAt: number;
  /** When the next one replaced it, in Unix milliseconds; null for the current one. */
  readonly replacedAt: number | null;
}

/** A fact with all that was told of it. */
export interface ConversionHistory {
  readonly id: number;
  readonly workspaceId: number;
  readonly counterId: number;
  /** Of the source that told it last. */
  readonly sourceUuid: string;
  readonly language: "ru" | "en";
  /** The one in force. */
  readonly current: ConversionRevision;
  /** Oldest first, the current one last. */
  readonly revisions: readonly ConversionRevision[];
}

/** Single facts. */
export interface ConversionStore {
  /** Null: there is none, it passed its retention, or no batch with it is sealed yet. */
  find(id: number): Promise<ConversionHistory | null>;
}
