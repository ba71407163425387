import { setTimeout as sleep } from "node:timers/promises";

/** Keeps requests to others under the rate that they allow. One for a process. */
export interface Pace {
  /**
   * Waits for a turn; turns are given in the order of asking.
   * @param key whose rate it is: "acme.amocrm.ru"
   * @param perSecond turns within any one second
   * @throws the signal's reason when it is aborted while waiting
   */
  turn(key: string, perSecond: number, signal: AbortSignal): Promise<void>;
}

/** Where a pace has its time from: milliseconds that only grow. */
export interface PaceClock {
  now(): number;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const monotonic: PaceClock = {
  now: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** Keys beyond which those that nobody has asked for within the last second are forgotten. */
const MOST_KEYS = 1000;

/** Makes a pace. A turn is reserved when it is asked for, so nobody who waits is overtaken. */
export function createPace(clock: PaceClock = monotonic): Pace {
  const turns = new Map<string, readonly number[]>();
  return {
    async turn(key, perSecond, signal) {
      signal.throwIfAborted();
      const now = clock.now();
      if (turns.size >= MOST_KEYS) forgetIdle(turns, now);
      const recent = (turns.get(key) ?? []).filter((start) => start > now - 1000);
      const start = Math.max(now, (recent.at(-perSecond) ?? Number.NEGATIVE_INFINITY) + 1000);
      turns.set(key, [...recent, start]);
      if (start > now) await clock.wait(start - now, signal);
    },
  };
}

function forgetIdle(turns: Map<string, readonly number[]>, now: number): void {
  for (const [key, starts] of turns) {
    if ((starts.at(-1) ?? 0) <= now - 1000) turns.delete(key);
  }
}
