/** Why a row needs a person: Metrika refused its file, its goal never appeared, or a person cancelled it. */
export type DeadLetterReason = "failed" | "goal_not_found" | "cancelled";

/** Which dead letters of a workspace are meant; what is null does not narrow. Instants are Unix milliseconds. */
export interface DeadLetterFilter {
  readonly reasons: readonly DeadLetterReason[] | null;
  readonly sourceId: number | null;
  readonly counterId: number | null;
  readonly batchId: number | null;
  readonly uploadId: number | null;
  readonly target: string | null;
  /** By the arrival of their batch: from this instant on, and before that one. */
  readonly receivedFrom: number | null;
  readonly receivedBefore: number | null;
}

/** How far a walk through dead letters has got: first the failed uploads by id, then the rows set aside by id. */
export interface DeadLetterCursor {
  readonly uploadId: number;
  readonly rowId: number;
}
