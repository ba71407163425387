import type { ContactHashes } from "./contact.ts";
import type { NamelessSale } from "./conversion.ts";

interface Hashing {
  hmac(purpose: string, value: string): string;
}

interface Teller {
  readonly id: number;
  readonly workspaceId: number;
  readonly counterId: number;
}

/** The keyed hash by which a sale is known that names no visitor but has a contact: whatever its price, as conversions are. */
export function contactKey(
  vault: Hashing,
  { workspaceId, counterId }: Teller,
  { target, dateTime }: NamelessSale,
  { phoneMd5, emailMd5 }: ContactHashes,
): string {
  return vault.hmac("contact_sale", [workspaceId, counterId, target, dateTime, phoneMd5, emailMd5].join("\n"));
}

/**
 * The keyed hash by which a sale is known that names nobody at all: by whatever is left of it.
 * @param nth how many such sales came before it in its request: two sales alike in one request are two, in two requests a repeat
 */
export function namelessKey(
  vault: Hashing,
  { id, counterId }: Teller,
  { target, dateTime, price, currency }: NamelessSale,
  nth: number,
): string {
  return vault.hmac("nameless_sale", [id, counterId, target, dateTime, price, currency, nth].join("\n"));
}
