/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date (RFC 9110, section 10.2.3). A date is measured against
 * the answer's own `Date` header where it has one, so that a wrong clock on this machine does not stretch the wait.
 *
 * @param now milliseconds since 1970, used when the answer carries no date.
 * @returns whole seconds, never negative; null when there is no header or it cannot be read.
 */
export function retryAfterSeconds(headers: Headers, now: number): number | null {
  const text = headers.get("retry-after")?.trim();
  if (text === undefined || text === "") return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!HTTP_DATE.test(text)) return null;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return null;
  const answered = Date.parse(headers.get("date") ?? "");
  return Math.max(0, Math.ceil((until - (Number.isNaN(answered) ? now : answered)) / 1000));
}

// Date.parse alone takes "-5" and "1.5" for dates.
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .*GMT$/;
