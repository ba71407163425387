/** House-keeping. */
export interface MaintenanceStore {
  /** Takes away batches that were never sealed (their senders got no answer), with their rows; to be called before listening. Returns how many. */
  removeUnsealed(): Promise<number>;
  /** Forgets expired idempotency keys, own keys, refused rows' contents, and what logins spent more than a week ago. Returns how many. */
  purgeExpired(now: number): Promise<number>;
  /** Deletes at most `limit` settled facts that arrived before an instant (Unix ms). Returns how many conversions went. */
  purgeSettled(before: number, limit: number): Promise<number>;
  /** A read that touches the database: throws when it is gone. */
  ping(): Promise<void>;
}
