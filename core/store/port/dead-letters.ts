import type { UploadRecord } from "./uploads.ts";

/** Why a row needs a person: Metrika refused its file, its goal never appeared, or a person cancelled it. */
export const deadLetterReasons = ["cancelled", "goal_not_found", "failed"] as const;

/** One of {@link deadLetterReasons}. */
export type DeadLetterReason = (typeof deadLetterReasons)[number];

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

/**
 * How far a walk through dead letters has got: first the rows set aside, by reason and counter, then the failed uploads by
 * id. Rows set aside come first, since a row of a failed upload may be set aside while the walk goes on, but not the other
 * way round. What is younger than the walk, by id, is not met: a replayed row that fails again stays where it is.
 */
export interface DeadLetterCursor {
  readonly reason: DeadLetterReason;
  /** The counter, or of failed ones the upload, that is being gone through. */
  readonly within: number;
  readonly rowId: number;
  readonly lastUploadId: number;
  readonly lastRowId: number;
}

/** How many dead letters there are, by reason. */
export type DeadLetterCounts = Readonly<Record<DeadLetterReason, number>>;

/** Dead letters that have their end in common: the rows of one failed upload, or of a source, target and reason. */
export interface DeadLetterGroup {
  readonly reason: DeadLetterReason;
  readonly counterId: number;
  readonly rows: number;
  /** When the upload failed; of rows set aside, when the newest of them arrived. Unix milliseconds. */
  readonly at: number;
  /** Null for rows set aside. */
  readonly upload: Pick<UploadRecord, "uuid" | "rows" | "metrikaUploadId" | "errorCode" | "errorText"> | null;
  /** Null for a failed upload, which may hold rows of several. */
  readonly sourceUuid: string | null;
  readonly target: string | null;
  readonly workspaceId: number;
}

/** The place of a group in the list of groups. */
export interface DeadLetterGroupCursor {
  readonly at: number;
  readonly key: number;
  readonly reason: DeadLetterReason;
}

/** Rows that nothing but a person moves any more. A fact whose later revision stands elsewhere is not one. */
export interface DeadLetterStore {
  /** Newest first; `before` is the cursor of the page before. */
  groups(request: {
    workspaceId: number;
    filter: DeadLetterFilter;
    before: DeadLetterGroupCursor | null;
    limit: number;
  }): Promise<{ readonly rows: readonly DeadLetterGroup[]; readonly after: DeadLetterGroupCursor | null }>;
  /**
   * Counts some of them, by the walk that a replay takes: at most `limit` rows are looked at. `cursor` is null to begin, and in
   * the answer when all are counted. Uploads that failed after `now` are not met.
   */
  count(request: {
    workspaceId: number;
    filter: DeadLetterFilter;
    cursor: DeadLetterCursor | null;
    limit: number;
    now: number;
  }): Promise<{ readonly counts: DeadLetterCounts; readonly cursor: DeadLetterCursor | null }>;
}
