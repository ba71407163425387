import { expect, test } from "bun:test";
import { newPkce, pkceChallenge } from "./pkce.ts";

// https://www.rfc-editor.org/rfc/rfc7636#appendix-B
const bytes = [
  ...[116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186],
  ...[22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121],
];

test("verifier and challenge are those of the standard's example", () => {
  expect(newPkce(() => Uint8Array.from(bytes))).toEqual({
    verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  });
});

test("every pair is a fresh one", () => {
  const [one, other] = [newPkce(), newPkce()];
  expect(one.verifier).not.toBe(other.verifier);
  expect(one.challenge).toBe(pkceChallenge(one.verifier));
});
