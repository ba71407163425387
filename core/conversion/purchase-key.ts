import type { Conversion } from "./conversion.ts";

/** Own keys outlive their rows: a deal won again after a year is still the same deal. In milliseconds. */
export const PURCHASE_KEYS_KEPT_MS = 400 * 86_400_000;

/** Of a key that a source gives, in characters. */
export const LONGEST_KEY = 500;

/** Begins the hashes of keys that sources give; those of purchases begin otherwise. */
export const GIVEN = "given:";

type Hashing = { hmac(purpose: string, value: string): string };
type Counter = { readonly workspaceId: number; readonly counterId: number };

/** The keyed hash by which a purchase of one counter and target is known, whatever its time; null without a purchase. */
export function purchaseKey(
  vault: Hashing,
  counter: Counter,
  { target, purchaseId }: Pick<Conversion, "target" | "purchaseId">,
): string | null {
  if (purchaseId === "") return null;
  return vault.hmac("purchase", scoped(counter, target, purchaseId));
}

/** The keyed hash of a key that a source gives a fact of one counter and target, such as its CRM's deal. Never that of a purchase. */
export function givenKey(vault: Hashing, counter: Counter, target: string, key: string): string {
  return GIVEN + vault.hmac("source_key", scoped(counter, target, key));
}

/** Whether a keyed hash is of a key that a source gave. */
export function isGiven(keyHash: string | null): boolean {
  return keyHash?.startsWith(GIVEN) === true;
}

const scoped = ({ workspaceId, counterId }: Counter, target: string, key: string) =>
  `${workspaceId}\n${counterId}\n${target}\n${key}`;
