import type { Backoff } from "../../delivery/backoff.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How runs are done; durations in milliseconds. */
export interface RunRules {
  /** How long a plugin may take for one. */
  readonly timeLimitMs: number;
  /** A claim's life; renewed as long as the plugin is at work. */
  readonly leaseMs: number;
  /** How often it is renewed, with what the plugin tells of its progress. */
  readonly renewEachMs: number;
  /** How often sources are looked for whose time has come. */
  readonly scheduleEachMs: number;
  /** Runs that one gateway does at once. */
  readonly runsAtOnce: number;
  /** Facts that one attempt may emit. */
  readonly mostFacts: number;
  /** The same of one call of `emit`. */
  readonly mostFactsAtOnce: number;
  /** After an attempt that asks for patience, where the plugin names no time. */
  readonly retry: Backoff;
  /** The most that a plugin may ask to wait. */
  readonly longestWaitMs: number;
  /** One that still asks for patience so long after its first attempt has failed. */
  readonly givenUpAfterMs: number;
  /** One that was begun so often when its gateway ended has failed. */
  readonly mostAttempts: number;
  /** A source rests after so many failures in a row, of raw intakes and runs. */
  readonly restsAfter: number;
  readonly rest: Backoff;
}

/** The rules with the defaults of a production start. */
export const defaultRunRules: RunRules = {
  timeLimitMs: 15 * MINUTE_MS,
  leaseMs: MINUTE_MS,
  renewEachMs: 5000,
  scheduleEachMs: 10_000,
  runsAtOnce: 4,
  mostFacts: 5_000_000,
  mostFactsAtOnce: 100_000,
  retry: { firstMs: MINUTE_MS, limitMs: HOUR_MS },
  longestWaitMs: 6 * HOUR_MS,
  givenUpAfterMs: 24 * HOUR_MS,
  mostAttempts: 10,
  restsAfter: 5,
  rest: { firstMs: 30_000, limitMs: 15 * MINUTE_MS },
};
