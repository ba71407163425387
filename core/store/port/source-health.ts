import type { KeptReason } from "./reasons.ts";

/** How a source fares; instants are Unix milliseconds. */
export interface SourceHealth {
  readonly sourceId: number;
  /** In a row, since it last worked. */
  readonly failures: number;
  /** Until then nothing of the source is tried; afterwards one try tells whether it works again. Null: it does not rest. */
  readonly restingUntil: number | null;
  /** Of the last failure, kept after the source works again. */
  readonly errorCode: string | null;
  readonly error: KeptReason | null;
  readonly failedAt: number | null;
  /** To the minute. */
  readonly workedAt: number | null;
}

/** A failure of a source. */
export interface SourceFailure {
  readonly code: string;
  readonly reason: KeptReason;
  /** With how many failures in a row, this one counted, it begins to rest. */
  readonly restsAfter: number;
  readonly restingUntil: number;
}

/** How sources fare: what their intakes and runs tell, and what people are shown. */
export interface SourceHealthStore {
  /** Null of a source that has neither failed nor worked yet. */
  get(sourceId: number): Promise<SourceHealth | null>;
  getMany(sourceIds: readonly number[]): Promise<ReadonlyMap<number, SourceHealth>>;
  /** Counts a failure. Of two at the same time both count. */
  recordFailure(sourceId: number, failure: SourceFailure, now: number): Promise<SourceHealth>;
  /** Ends a rest and begins to count anew. Of a source that works all the time it is written once a minute. */
  recordSuccess(sourceId: number, now: number): Promise<void>;
}
