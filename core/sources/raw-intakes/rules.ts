import type { Backoff } from "../../delivery/backoff.ts";

const HOUR_MS = 3_600_000;

/** How raw intakes are handled; durations in milliseconds. */
export interface RawIntakeRules {
  /** How long a plugin may take for one. */
  readonly timeLimitMs: number;
  /** A claim's life. Longer than the limit, so that it never ends while the plugin is at work. */
  readonly leaseMs: number;
  /** Sources whose raw intakes are handled at once. */
  readonly sourcesAtOnce: number;
  /** Facts that one may become. */
  readonly mostFacts: number;
  /** After a failed attempt, where the plugin names no time. */
  readonly retry: Backoff;
  /** The most that a plugin may ask to wait. */
  readonly longestWaitMs: number;
  /** One that still fails so long after its first attempt is given up. */
  readonly givenUpAfterMs: number;
  /** A source rests after so many failures in a row, of so many raw intakes. */
  readonly restsAfter: number;
  readonly rest: Backoff;
  /** How long the content of one that was taken or ignored can be read (RAW_INTAKE_HOURS). */
  readonly keptMs: number;
  /** The same of one that needs a person. */
  readonly keptForPeopleMs: number;
}

/** The rules with the defaults of a production start. */
export const defaultRawIntakeRules: RawIntakeRules = {
  timeLimitMs: 30_000,
  leaseMs: 60_000,
  sourcesAtOnce: 8,
  mostFacts: 10_000,
  retry: { firstMs: 5000, limitMs: 1_800_000 },
  longestWaitMs: 6 * HOUR_MS,
  givenUpAfterMs: 24 * HOUR_MS,
  restsAfter: 5,
  rest: { firstMs: 30_000, limitMs: 900_000 },
  keptMs: 72 * HOUR_MS,
  keptForPeopleMs: 30 * 24 * HOUR_MS,
};
