/** Something that one gateway changed and others keep in memory. */
export interface SharedChange {
  readonly of: "sources" | "api_keys" | "sessions" | "members";
  /** Its public id; of a member the id of his user, in digits. */
  readonly id: string;
}

/** What the gateways on one database have in common. */
export interface SharedDatabase {
  /**
   * The database's clock in Unix milliseconds, by which leases mean the same on every machine, whatever its own clock says.
   * Measured about once a second; between two measurements and while the database is away it goes on by this machine's
   * monotonic clock.
   */
  now(): number;
  /**
   * Calls back soon after any gateway changed something. A change may be missed (no session is to be had behind a pooler, a
   * connection was lost): whoever keeps things in memory lets go of them after a few seconds as well.
   */
  onChange(listener: (change: SharedChange) => void): void;
}
