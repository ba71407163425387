/**
 * What only one gateway does at a time. `housekeeping`: all that is done once however many gateways there are, such as giving
 * rows their files. `goals:…`: making goals on a counter of Metrika's. `new_counters:…`: making counters of a Yandex login.
 * `source:…`: what a plugin does of a source one at a time.
 */
export type LeaseName = "housekeeping" | `goals:${number}` | `new_counters:${string}` | `source:${string}`;

/** Who does what only one of several gateways may do, by the database's clock. */
export interface LeaseStore {
  /**
   * Takes a lease that is free or has run out, or renews one that the holder has. Returns whether it is his for the next `ttlMs`
   * milliseconds.
   */
  take(name: LeaseName, holder: string, ttlMs: number): Promise<boolean>;
  /** Gives a lease back, so that another need not wait until it runs out. */
  release(name: LeaseName, holder: string): Promise<void>;
}
