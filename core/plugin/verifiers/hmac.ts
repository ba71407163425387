import { createHmac } from "node:crypto";
import { newSecret } from "../../vault/secrets.ts";
import { isSignedBy } from "./signed-by.ts";
import type { BodyVerifier } from "./verifier.ts";

/** How a sender signs its requests. */
export interface HmacOptions {
  /** The header that the signature travels in. */
  readonly header: string;
  readonly algorithm: "sha256" | "sha1";
  /** Hex in lower case; base64 with its padding. */
  readonly encoding: "base64" | "hex";
  /** What stands before the signature: `sha256=`. */
  readonly prefix?: string;
  /** What is signed; default: the body's bytes alone. */
  readonly over?: (body: Uint8Array, headers: Headers) => Uint8Array | string;
}

/**
 * A signature of the body's bytes with a key (RFC 2104). WooCommerce: base64 of SHA-256 in `X-WC-Webhook-Signature`
 * (https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks). Such a signature has no time: a request that was
 * seen can be sent again, and is met as a repeat by what it tells.
 */
export function hmac({ header, algorithm, encoding, prefix = "", over }: HmacOptions): BodyVerifier {
  return {
    reads: "body",
    keeps: "key",
    secretFrom: "either",
    place: { ru: `в заголовке ${header}`, en: `in the header ${header}` },
    newSecret: () => newSecret(),
    refuse: (headers) => (headers.get(header) ? null : "missing"),
    async verify(sent, { keys }) {
      const body = await sent.raw();
      const signed = over === undefined ? body : over(body, sent.headers);
      const sign = (key: string) => prefix + createHmac(algorithm, key).update(signed).digest(encoding);
      return isSignedBy(keys, [sent.headers.get(header) ?? ""], sign) ? "right" : "wrong";
    },
  };
}
