import { createHmac, randomBytes } from "node:crypto";
import type { Localized } from "../../language.ts";
import { isSignedBy } from "./signed-by.ts";
import type { BodyVerifier } from "./verifier.ts";

const ID = "webhook-id";
const TIMESTAMP = "webhook-timestamp";
const SIGNATURE = "webhook-signature";
const KEY_PREFIX = "whsec_";
const TOLERANCE_MS = 300_000;
/** What the specification asks of a key, in bytes. */
const SHORTEST_KEY = 24;
const LONGEST_KEY = 64;

const place: Localized = {
  ru: `в заголовках ${ID}, ${TIMESTAMP} и ${SIGNATURE}`,
  en: `in the headers ${ID}, ${TIMESTAMP} and ${SIGNATURE}`,
};
const keyFault: Localized = {
  ru: `ключ Standard Webhooks — это ${KEY_PREFIX} и base64 от ${SHORTEST_KEY}–${LONGEST_KEY} байт`,
  en: `a key of Standard Webhooks is ${KEY_PREFIX} and the base64 of ${SHORTEST_KEY} to ${LONGEST_KEY} bytes`,
};

/**
 * Signatures as https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (1.0.0) has
 * them: HMAC-SHA-256 of id, time and the body's bytes. The header may hold several signatures, of which one must be made
 * with a key of the source; those of other versions (`v1a`) are passed over. A time more than five minutes away from ours
 * is stale. The id is signed: it becomes the idempotency key, so a repeat is answered as the first one was.
 *
 * The package `standardwebhooks` (1.1.1) is only what the tests compare with: it asks the machine's clock, signs a text and
 * not the bytes that came, and reads `1614265330x` as a time.
 */
export function standardWebhooks(): BodyVerifier {
  return {
    reads: "body",
    keeps: "key",
    secretFrom: "either",
    place,
    newSecret: () => KEY_PREFIX + randomBytes(32).toString("base64"),
    faultOf: (key) => (keyBytes(key) === null ? keyFault : null),
    messageId: (headers) => headers.get(ID),
    refuse(headers, now) {
      if (!headers.get(ID) || !headers.get(SIGNATURE)) return "missing";
      const seconds = headers.get(TIMESTAMP) ?? "";
      const isNear = /^\d{1,12}$/.test(seconds) && Math.abs(now - Number(seconds) * 1000) <= TOLERANCE_MS;
      return isNear ? null : "stale";
    },
    async verify(sent, { keys }) {
      const { headers } = sent;
      const body = await sent.raw();
      const head = `${headers.get(ID)}.${headers.get(TIMESTAMP)}.`;
      const sign = (key: string) => {
        const made = createHmac("sha256", keyBytes(key) ?? key)
          .update(head)
          .update(body);
        return `v1,${made.digest("base64")}`;
      };
      return isSignedBy(keys, signaturesOf(headers.get(SIGNATURE) ?? ""), sign) ? "right" : "wrong";
    },
  };
}

/** The signatures that a header holds; none where it is no list of them, as when the header came twice. */
function signaturesOf(header: string): readonly string[] {
  const signatures = header.split(" ");
  return signatures.every((one) => /^[^,]+,[^,]+$/.test(one)) ? signatures : [];
}

/** The bytes of a key; null for a text that is none. */
function keyBytes(key: string): Uint8Array | null {
  if (!key.startsWith(KEY_PREFIX)) return null;
  const spelled = key.slice(KEY_PREFIX.length);
  const bytes = Buffer.from(spelled, "base64");
  const isWhole = bytes.toString("base64").replace(/=+$/, "") === spelled.replace(/=+$/, "");
  return isWhole && bytes.length >= SHORTEST_KEY && bytes.length <= LONGEST_KEY ? bytes : null;
}
