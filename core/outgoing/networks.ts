import { BlockList, isIP } from "node:net";

/** Names that stand for several networks in settings. */
const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"],
};

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** A network as {@link BlockList} takes it, or null when the text is none: an address, one with a prefix length. */
function networkOf(text: string): Network | null {
  const [, address = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  const prefix = length === undefined ? most : Number(length);
  return prefix > most ? null : { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

/** Whether a text names addresses: an address, a network, `loopback` or `private`. */
export const isNetwork = (text: string): boolean => Object.hasOwn(named, text) || networkOf(text) !== null;

/**
 * Whether an address belongs to some networks.
 * @param networks texts that are each {@link isNetwork}
 */
export function createNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const text of networks.flatMap((name) => named[name] ?? [name])) {
    const network = networkOf(text);
    if (network !== null) list.addSubnet(network.address, network.prefix, network.family);
  }
  return (address) => list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** A socket that takes both families gives IPv4 addresses as IPv6. */
export const asIPv4 = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, "");
