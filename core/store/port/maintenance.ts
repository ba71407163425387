/** House-keeping. */
export interface MaintenanceStore {
  /**
   * Takes away batches that were never sealed and that nothing was added to after `before` (Unix ms), with their rows: their senders
   * got no answer, and they hold the planner. Where no other gateway can be writing, `before` may be beyond all time. Returns how many.
   */
  removeUnsealed(before: number): Promise<number>;
  /** Forgets expired idempotency keys, own keys, refused rows' contents, raw intakes, runs that ended long ago, and what logins spent more than a week ago. Returns how many. */
  purgeExpired(now: number): Promise<number>;
  /** Deletes at most `limit` settled facts that arrived before an instant (Unix ms). Returns how many conversions went. */
  purgeSettled(before: number, limit: number): Promise<number>;
  /**
   * Where facts are stored by the week in which they happened: makes room for the weeks to come, and lets go of whole weeks whose
   * facts all are settled and arrived before `settledBefore` (both Unix ms). Returns how many conversions went with their weeks.
   */
  turnWeeks(now: number, settledBefore: number): Promise<number>;
  /** A read that touches the database: throws when it is gone. */
  ping(): Promise<void>;
}
