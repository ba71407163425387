import { isIP } from "node:net";
import { asIPv4, createNetworks } from "../../core/outgoing/networks.ts";

/**
 * Whose request it is.
 * @param peer the address that the connection came from
 * @param forwardedFor what stands in `X-Forwarded-For`, null where nothing does
 * @returns an IP address; of IPv4 written as IPv6 (`::ffff:192.0.2.1`) the IPv4 part
 */
export type ClientAddress = (peer: string, forwardedFor: string | null) => string;

/**
 * Reads the client's address behind trusted proxies. Each of them appends to `X-Forwarded-For` who called it, so the list is
 * believed from its end, and only as long as who wrote is trusted: what a client puts there itself stands further left.
 * @param trusted texts that each name a network
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const isTrusted = createNetworks(trusted);
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
