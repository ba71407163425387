import { BlockList, isIP } from "node:net";

/**
 * Whose request it is.
 * @param peer the address that the connection came from
 * @param forwardedFor what stands in `X-Forwarded-For`, null where nothing does
 * @returns an IP address; of IPv4 written as IPv6 (`::ffff:192.0.2.1`) the IPv4 part
 */
export type ClientAddress = (peer: string, forwardedFor: string | null) => string;

/** Names that stand for several networks in TRUSTED_PROXIES. */
const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"],
};

/** A network as {@link BlockList} takes it, or null when the text is none: an address, one with a prefix length. */
function networkOf(
  text: string,
): { readonly address: string; readonly prefix: number; readonly family: Family } | null {
  const [, address = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  const prefix = length === undefined ? most : Number(length);
  return prefix > most ? null : { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

type Family = "ipv4" | "ipv6";

/** Whether a text can stand in the list of trusted proxies: an address, a network, `loopback` or `private`. */
export const isProxy = (text: string): boolean => Object.hasOwn(named, text) || networkOf(text) !== null;

/**
 * Reads the client's address behind trusted proxies. Each of them appends to `X-Forwarded-For` who called it, so the list is
 * believed from its end, and only as long as who wrote is trusted: what a client puts there itself stands further left.
 * @param trusted texts that are each {@link isProxy}
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const text of trusted.flatMap((name) => named[name] ?? [name])) {
    const network = networkOf(text);
    if (network !== null) proxies.addSubnet(network.address, network.prefix, network.family);
  }
  const isTrusted = (address: string) => proxies.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return (peer, forwardedFor) => {
    const hops = forwardedFor?.split(",") ?? [];
    let client = asIPv4(peer);
    while (hops.length > 0 && isTrusted(client)) {
      const hop = asIPv4(hops.pop()?.trim() ?? "");
      if (isIP(hop) === 0) break;
      client = hop;
    }
    return client;
  };
}

/** A socket that takes both families gives IPv4 addresses as IPv6. */
const asIPv4 = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, "");
