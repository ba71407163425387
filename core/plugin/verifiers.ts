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
      return secretMatches(presented, source === null ? NO_HASHES : hashesOf(source, now)) ? "right" : "wrong";
    },
  };
}

const NO_HASHES: readonly Uint8Array[] = [];

/** The hashes of a source's secrets as bytes. A record is replaced whole when it changes, so they live as long as it does. */
const decoded = new WeakMap<SourceRecord, Readonly<Record<"current" | "both", readonly Uint8Array[]>>>();

function hashesOf(source: SourceRecord, now: number): readonly Uint8Array[] {
  let known = decoded.get(source);
  if (known === undefined) {
    const current = bytesOf(source.secretHash);
    known = { current, both: [...current, ...bytesOf(source.previousSecretHash)] };
    decoded.set(source, known);
  }
  const overlaps = source.previousSecretExpiresAt !== null && source.previousSecretExpiresAt > now;
  return overlaps ? known.both : known.current;
}

const bytesOf = (hex: string | null): readonly Uint8Array[] => (hex === null ? NO_HASHES : [Buffer.from(hex, "hex")]);
