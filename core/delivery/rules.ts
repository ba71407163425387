import type { Backoff } from "./backoff.ts";

/** The settings of delivery, in milliseconds and rows; the gateway reads them from its environment. */
export interface DeliveryRules {
  /** How long a file gathers rows (UPLOAD_LINGER_SECONDS). */
  readonly lingerMs: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Files of a counter that may fill at once, each with rows of one target and kind of identifier. */
  readonly maxLanes: number;
  /** How often Metrika is asked about a file it works on (POLL_INTERVAL_SECONDS). */
  readonly pollMs: number;
  /** When after a lost answer the list of uploadings is read (READ_BACK_SECONDS). */
  readonly readBackMs: readonly number[];
  /** How often goals are read again for rows that wait for one (GOAL_RECHECK_SECONDS). */
  readonly goalRecheckMs: number;
  /** Reads forced by a new unknown target: at most one a counter in this time. */
  readonly goalForcedReadMs: number;
  /** After a failed try to send, poll or read goals. */
  readonly retry: Backoff;
  /** While a token is refused: it is asked rarely, a new one frees everything at once. */
  readonly refusedToken: Backoff;
  /** A claim's life; renewed while bytes move. */
  readonly leaseMs: number;
  /** Files on the way at once, in all and per credential (Metrika allows a login three requests; one stays for reads). */
  readonly parallelSends: number;
  readonly parallelSendsPerCredential: number;
}

/** How long after a lost answer Metrika's list is read first. */
export const firstReadBackMs = ({ readBackMs }: Pick<DeliveryRules, "readBackMs">): number => readBackMs[0] ?? 15_000;

/**
 * Metrika joins a conversion to a visit of the 21 days before it; a row that waits longer than this for its goal is given up.
 * https://yandex.ru/support/metrica/ru/data/offline-conversion-data
 */
export const JOINED_FOR_MS = 21 * 86_400_000;

/** Metrika finishes within two hours; a file it works on for longer than a day needs a person's eye. */
export const STUCK_AFTER_MS = 86_400_000;

/** The rules with the defaults of a production start. */
export const defaultRules: DeliveryRules = {
  lingerMs: 300_000,
  maxRows: 500_000,
  maxBytes: 100_000_000,
  maxLanes: 30,
  pollMs: 900_000,
  readBackMs: [15_000, 60_000, 300_000, 900_000, 1_800_000],
  goalRecheckMs: 3_600_000,
  goalForcedReadMs: 60_000,
  retry: { firstMs: 10_000, limitMs: 1_800_000 },
  refusedToken: { firstMs: 300_000, limitMs: 21_600_000 },
  leaseMs: 60_000,
  parallelSends: 16,
  parallelSendsPerCredential: 2,
};
