/** Waiting before another try: doubled each time up to a limit, with jitter so that many do not return at once. */
export interface Backoff {
  readonly firstMs: number;
  readonly limitMs: number;
}

/**
 * Milliseconds to wait after the given number of failures in a row (1 = the first).
 * @param random a number in [0, 1); the wait lies between half of the full one and all of it
 */
export function backoffMs({ firstMs, limitMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(limitMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.5 + random / 2));
}
