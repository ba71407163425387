/** Any origin will do: only whether a path leads away from it counts. */
const ORIGIN = "https://gateway.invalid";

/**
 * Whether a text is a path from the root of our own address, so that a browser may be sent there. What browsers read as another
 * host (`//host`, `/\host`) is not, nor what climbs out of the address by `..`.
 * https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
 */
export function isOwnPath(text: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(text) || text.includes("\\") || text.startsWith("//")) return false;
  if (!URL.canParse(text, ORIGIN)) return false;
  const { origin, pathname } = new URL(text, ORIGIN);
  return origin === ORIGIN && text.split(/[?#]/)[0] === pathname && !pathname.startsWith("//");
}

/** The address of one of our own paths, with more in its query. */
export function addressOf(publicUrl: string, path: string, query: Readonly<Record<string, string>>): string {
  const address = new URL(publicUrl + path);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}
