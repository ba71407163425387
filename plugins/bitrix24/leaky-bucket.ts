import { setTimeout as sleep } from "node:timers/promises";

/** How fast requests may come: `capacity` at once, `perSecond` in the long run. */
export interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

/** Keeps requests below a portal's limit, which lets some come at once and leaks the rest away. One for a process. */
export interface LeakyBucket {
  /**
   * Waits for a turn; turns are given in the order of asking.
   * @param key whose bucket it is: a portal's host
   * @throws the signal's reason when it is aborted while waiting
   */
  turn(key: string, size: BucketSize, signal: AbortSignal): Promise<void>;
  /** The portal says that it is full: the next request goes when a place is free again. */
  overflow(key: string, size: BucketSize): void;
}

/** Where a bucket has its time from: milliseconds that only grow. */
export interface BucketClock {
  now(): number;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const monotonic: BucketClock = {
  now: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** Portals beyond which those whose bucket is empty are forgotten. */
const MOST_KEYS = 1000;

/** Makes buckets, all empty. Only the time at which each will be empty is kept. */
export function createLeakyBucket(clock: BucketClock = monotonic): LeakyBucket {
  const emptyAt = new Map<string, number>();
  return {
    async turn(key, { capacity, perSecond }, signal) {
      signal.throwIfAborted();
      const now = clock.now();
      if (emptyAt.size >= MOST_KEYS) forgetEmpty(emptyAt, now);
      const drop = 1000 / perSecond;
      const filled = Math.max(now, emptyAt.get(key) ?? 0) + drop;
      emptyAt.set(key, filled);
      const wait = filled - now - capacity * drop;
      if (wait > 0) await clock.wait(wait, signal);
    },
    overflow(key, { capacity, perSecond }) {
      const full = clock.now() + (capacity * 1000) / perSecond;
      emptyAt.set(key, Math.max(full, emptyAt.get(key) ?? 0));
    },
  };
}

function forgetEmpty(emptyAt: Map<string, number>, now: number): void {
  for (const [key, at] of emptyAt) {
    if (at <= now) emptyAt.delete(key);
  }
}
