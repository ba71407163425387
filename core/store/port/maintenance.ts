export interface MaintenanceStore {
  /** Takes away batches that were never sealed (their senders got no answer), with their rows. Before listening. */
  removeUnsealed(): Promise<number>;
  /** Expired idempotency keys, own keys and refused rows' contents. */
  purgeExpired(now: number): Promise<number>;
  /** Settled facts older than `before` (Unix ms of arrival), in slices; returns how many conversions went. */
  purgeSettled(before: number, limit: number): Promise<number>;
  /** A read that touches the database: throws when it is gone. */
  ping(): Promise<void>;
}
