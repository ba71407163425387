/** Who asks, as far as a request tells. */
export interface Client {
  /** Null where it is not known; all such count as one. */
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** The address as one subscriber has it: IPv4 whole, of IPv6 the first 64 bits, of which he may use any. */
export const subscriberOf = (address: string | null): string => partOf(address, 4, 4);

/** The neighbourhood from which a known device may come with another address tomorrow: 24 bits of IPv4, 48 of IPv6. */
export const networkOf = (address: string | null): string => partOf(address, 3, 3);

function partOf(address: string | null, bytes: number, groups: number): string {
  if (address === null) return "unknown";
  return address.includes(":")
    ? groupsOf(address).slice(0, groups).join(":")
    : address.split(".").slice(0, bytes).join(".");
}

/** The eight groups of an IPv6 address, `::` written out, zone left out. */
function groupsOf(address: string): readonly string[] {
  const [head = "", tail] = (address.toLowerCase().split("%")[0] ?? "").split("::");
  const split = (text: string) => (text === "" ? [] : text.split(":").map((group) => group.replace(/^0+(?=.)/, "")));
  if (tail === undefined) return split(head);
  const [first, last] = [split(head), split(tail)];
  return [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
}
