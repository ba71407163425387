/** Does what the browser may refuse by throwing, as sandboxed frames and blocked storage do; null: it was refused. */
export function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch (_) {
    return null;
  }
}

/** The values of all cookies of exactly this name, up to a `=`: one of the host and one of its domain may both be there. */
export function readCookies(name: string): string[] {
  return (attempt(() => document.cookie) || "")
    .split(/;\s*/)
    .map((cookie) => cookie.split("="))
    .filter(([key]) => key === name)
    .map(([, value = ""]) => value);
}

/**
 * Sets a first-party cookie; whether the browser kept it is for the caller to see.
 * @param domain that subdomains share it in; null: this host alone
 * @param seconds how long it is kept; 0 takes it away
 */
export function writeCookie(name: string, value: string, domain: string | null, seconds: number): void {
  const scope = (domain ? `;Domain=${domain}` : "") + (location.protocol === "https:" ? ";Secure" : "");
  attempt(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is neither in old browsers nor on plain HTTP.
    document.cookie = `${name}=${value};Max-Age=${seconds};Path=/;SameSite=Lax${scope}`;
  });
}
