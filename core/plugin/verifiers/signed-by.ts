import { timingSafeEqual } from "node:crypto";

/** Signed with where a source has fewer than two keys; what it signs is never right. */
const STAND_IN = "stand-in";

/**
 * Whether one of the presented signatures is made with one of the keys. The signature must be the same to the last
 * character: a comparison up to the shorter length let `v1,` pass (https://osv.dev/vulnerability/RUSTSEC-2024-0010), and
 * other spellings of the same bytes are nobody's.
 *
 * What is refused took two signatures, however many keys there are: the time tells neither whether there is a source nor
 * whether its key is being rotated.
 * @param sign the signature with a key, as it would be presented
 */
export function isSignedBy(
  keys: readonly string[],
  presented: readonly string[],
  sign: (key: string) => string,
): boolean {
  const signatures = presented.map((signature) => Buffer.from(signature));
  for (const key of [keys[0], keys[1]]) {
    const expected = Buffer.from(sign(key ?? STAND_IN));
    const matches = signatures.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
    if (matches && key !== undefined) return true;
  }
  return false;
}
