import type { SourceRecord } from "../store/store.ts";
import { secretMatches } from "../vault/secrets.ts";

/** How a sender proves that it is the one the source was made for. */
export interface SenderVerifier {
  /** The header that the proof travels in, for the documentation. */
  readonly header: string;
  /**
   * `missing`: no proof was sent. `wrong`: it is not the source's, or there is no such source; both take the same time
   * and are answered in the same words.
   */
  verify(headers: Headers, source: SourceRecord | null, now: number): "right" | "missing" | "wrong";
}

/** A secret that the source was given at creation and the sender shows in a header. Two are valid during a rotation. */
export function sharedSecret(header: string): SenderVerifier {
  return {
    header,
    verify(headers, source, now) {
      const presented = headers.get(header);
      if (presented === null || presented === "") return "missing";
      // An unknown source has no secrets, and comparing with none takes as long as comparing with one.
      return secretMatches(presented, source === null ? [] : hashesOf(source, now)) ? "right" : "wrong";
    },
  };
}

function hashesOf(source: SourceRecord, now: number): readonly Uint8Array[] {
  const hashes: Uint8Array[] = [];
  if (source.secretHash !== null) hashes.push(Buffer.from(source.secretHash, "hex"));
  const overlaps = source.previousSecretExpiresAt !== null && source.previousSecretExpiresAt > now;
  if (source.previousSecretHash !== null && overlaps) hashes.push(Buffer.from(source.previousSecretHash, "hex"));
  return hashes;
}
