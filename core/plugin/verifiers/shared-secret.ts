import { newSecret, secretMatches } from "../../vault/secrets.ts";
import type { HeaderVerifier } from "./verifier.ts";

/** A secret that the source was given at creation and the sender shows in a header. Two are valid during a rotation. */
export function sharedSecret(header: string): HeaderVerifier {
  return {
    reads: "headers",
    keeps: "hash",
    secretFrom: "either",
    place: { ru: `в заголовке ${header}`, en: `in the header ${header}` },
    newSecret: () => newSecret(),
    verify(headers, { hashes }) {
      const presented = headers.get(header);
      if (presented === null || presented === "") return "missing";
      return secretMatches(presented, hashes) ? "right" : "wrong";
    },
  };
}
