import { attempt, readCookies, writeCookie } from "./cookies.ts";

// Not `yclid`: the sample of Metrika's own help writes that one, with the last click in it.
// https://yandex.ru/support/metrica/data/get-yclid.html
const NAME = "metrika_gateway_yclid";
const KEPT_S = 90 * 24 * 60 * 60;
/** The click and the instant in ms at which it was first seen; the click is never read as a number, which could not hold it. */
const STORED = /^(\d{1,20})\.(\d{1,15})$/;

/**
 * The visitor's first click of the last 90 days: the stored one, else that of this page's address, which is then stored. A
 * cookie, else localStorage, else for this page only.
 * @param domain that subdomains share the cookie in; null: this host alone
 */
export function keepYclid(domain: string | null): string | null {
  const now = Date.now();
  for (const text of readCookies(NAME).concat(attempt(() => localStorage.getItem(NAME)) || [])) {
    const [, kept, since] = STORED.exec(text) || [];
    if (kept && now - Number(since) < KEPT_S * 1000) return kept;
  }
  forgetYclid(domain);
  const [, yclid = null] = /[?&]yclid=(\d{1,20})(?:&|$)/.exec(location.search) || [];
  if (yclid) {
    const text = `${yclid}.${now}`;
    writeCookie(NAME, text, domain, KEPT_S);
    if (!readCookies(NAME).includes(text)) attempt(() => localStorage.setItem(NAME, text));
  }
  return yclid;
}

/** Takes away what was stored, for this host and for the domain. */
export function forgetYclid(domain: string | null): void {
  for (const scope of [null, domain]) writeCookie(NAME, "", scope, 0);
  attempt(() => localStorage.removeItem(NAME));
}
