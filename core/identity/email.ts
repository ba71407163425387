import { IdentityError } from "./identity-error.ts";

// What a mail server takes as one address, https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3; letters of all scripts.
const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{C}]+@[^\s@<>()[\]\\,;:"\p{C}]+\.[^\s@<>()[\]\\,;:"\p{C}]+$/u;
const MOST = 254;

/**
 * An e-mail address as it is kept: in lower case, since nobody has two that differ in case alone.
 * @throws {IdentityError} `email_address_invalid`
 */
export function normalEmail(given: string): string {
  const email = given.trim().normalize("NFC").toLowerCase();
  if (email.length > MOST || !ADDRESS.test(email)) throw new IdentityError("email_address_invalid");
  return email;
}
