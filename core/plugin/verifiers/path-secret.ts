import { newSecret, secretMatches } from "../../vault/secrets.ts";
import type { AddressVerifier } from "./verifier.ts";

/**
 * A secret in the address, for senders that can set neither headers nor fields: the last segment of the path (the route
 * ends with it, `/{source_id}/{secret}`), or a parameter of the query.
 *
 * Addresses stand in logs of proxies and senders, in histories and on screens. Our own log leaves this one out; nobody
 * else's does. Choose another verifier wherever the sender can do better.
 * @param parameter the query's parameter; without it, the path
 */
export function pathSecret(parameter?: string): AddressVerifier {
  return {
    reads: "address",
    keeps: "hash",
    // One that a person made up would be guessed before it is read in an address.
    secretFrom: "gateway",
    parameter: parameter ?? null,
    place:
      parameter === undefined
        ? { ru: "в конце адреса", en: "at the end of the address" }
        : { ru: `в параметре адреса «${parameter}»`, en: `in the parameter "${parameter}" of the address` },
    newSecret: () => newSecret(),
    verify(url, { hashes }) {
      const { pathname, searchParams } = new URL(url);
      const [presented, ...more] = parameter === undefined ? [lastSegment(pathname)] : searchParams.getAll(parameter);
      if (presented === undefined || presented === "") return "missing";
      const matches = secretMatches(presented, hashes);
      return matches && more.length === 0 ? "right" : "wrong";
    },
  };
}

function lastSegment(pathname: string): string {
  const segment = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
