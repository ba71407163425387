const DAY_MS = 86_400_000;

/** Advised for tokens that live long: https://yandex.ru/dev/id/doc/en/tokens/refresh-client */
const THREE_MONTHS_MS = 90 * DAY_MS;

/** How long before its end a token that cannot be refreshed is warned of. */
export const WARNED_BEFORE_MS = 14 * DAY_MS;

/** A failed refresh is tried again after a minute, then after twice as long, up to this. */
const LONGEST_BACKOFF_MS = 6 * 3_600_000;
const FIRST_BACKOFF_MS = 60_000;

/**
 * When a pair of tokens that was got now is to be refreshed: every three months, and at the latest when a third of its life
 * is left. Instants are Unix milliseconds.
 * @param expiresAt null where Yandex does not tell when it ends
 */
export function refreshTime(now: number, expiresAt: number | null): number {
  const regular = now + THREE_MONTHS_MS;
  return expiresAt === null ? regular : Math.min(regular, now + Math.floor(((expiresAt - now) * 2) / 3));
}

/**
 * Milliseconds until a refresh is tried again.
 * @param failures in a row, this one included
 */
export function refreshBackoff(failures: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20));
}
