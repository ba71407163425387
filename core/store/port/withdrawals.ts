/** Whose rows are meant: those of one batch, or all that a source told. */
export type Withdrawn = { readonly batchId: number } | { readonly sourceId: number };

/** How far a walk through the rows of a batch or source has got. */
export interface WithdrawalCursor {
  readonly part: number;
  /** The upload, or the counter of rows set aside, that is being gone through. */
  readonly within: number;
  readonly rowId: number;
}

/** One step of a walk. */
export interface WithdrawalStep {
  readonly of: Withdrawn;
  /** Null to begin. */
  readonly cursor: WithdrawalCursor | null;
  /** Rows looked at in this step. */
  readonly limit: number;
  /** Unix milliseconds. */
  readonly now: number;
}

/** What became of a step: rows, and where to go on; null when all have been looked at. */
export interface WithdrawnRows {
  readonly rows: number;
  readonly cursor: WithdrawalCursor | null;
}

/**
 * Rows that a person takes back before they are sent: those in no file, and those in a file that is filling or closed, is
 * claimed by nobody, and that no try can have brought to Metrika. Metrika cannot delete, so nothing else can be taken back. An upload that is left
 * without rows is deleted.
 */
export interface WithdrawalStore {
  /**
   * Cancels some rows, in one transaction. With `counted` it only counts them: rows move on between two steps, so what a step
   * has counted is added there, and what stands there already is not counted again.
   */
  cancel(step: WithdrawalStep & { readonly counted?: Set<number> }): Promise<WithdrawnRows>;
  /**
   * Takes some rows of a source whose delivery is paused out of files that are not on their way; they wait as
   * `delivery_paused`. Ends at once when delivery was resumed meanwhile.
   */
  hold(step: WithdrawalStep & { readonly of: { readonly sourceId: number } }): Promise<WithdrawnRows>;
  /** Gives some rows of a source whose delivery was resumed back to the planner; ends at once when it is paused again. */
  release(step: WithdrawalStep & { readonly of: { readonly sourceId: number } }): Promise<WithdrawnRows>;
  /** Sources of which a crash left rows where they should not be: paused ones with rows in files, others with held rows. */
  interrupted(): Promise<{ readonly toHold: readonly number[]; readonly toRelease: readonly number[] }>;
  /**
   * Rows that can no longer be taken back: of a batch those in files on their way to Metrika or there, of a source those in
   * files on their way whose end Metrika has not told.
   */
  countSent(of: Withdrawn): Promise<number>;
}
