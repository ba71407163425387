import { createNetworks } from "./networks.ts";

/**
 * IPv4 that is not the public internet: https://www.iana.org/assignments/iana-ipv4-special-registry. Multicast and what is
 * reserved stand beside it, and 168.63.129.16 is a service of Azure's machines with a public number
 * (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
 */
const isSpecialIPv4 = createNetworks([
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16"],
]);

/** Where IPv6 that is given out globally stands: https://www.iana.org/assignments/ipv6-unicast-address-assignments */
const isGlobalIPv6 = createNetworks(["2000::/3"]);

/**
 * IPv6 in that range that leads elsewhere, IPv4 in another dress among it (Teredo, 6to4):
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const isSpecialIPv6 = createNetworks(["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"]);

/** Whether an address is one of the public internet, where a gateway may be sent by what people configure. */
export function isPublicAddress(address: string): boolean {
  return address.includes(":") ? isGlobalIPv6(address) && !isSpecialIPv6(address) : !isSpecialIPv4(address);
}
