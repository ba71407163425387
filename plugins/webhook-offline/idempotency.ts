import { createHash } from "node:crypto";
import { ProblemError } from "metrika-gateway/plugin";

const LONGEST_KEY = 255;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * The sender's key for this request, if it sent one.
 * @throws {ProblemError} `idempotency_key_format`
 */
export function idempotencyKey(header: string | null): string | null {
  if (header === null || header === "") return null;
  if (header.length > LONGEST_KEY || !VISIBLE_ASCII.test(header)) {
    throw new ProblemError("idempotency_key_format", { limit: LONGEST_KEY });
  }
  return header;
}

/** Everything that the answer depends on: the body to the byte, and the mode. */
export function bodyHash(mode: string, text: string): string {
  return createHash("sha256").update(mode).update("\n").update(text).digest("base64url");
}
