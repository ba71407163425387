const EMAIL = /[^\s@<>]@[^\s@<>]+\.[^\s@<>.]/;
const MOBILE = /^[78]9\d{9}$/;
const PHONE_CHARACTERS = /^\+?[\d\s().-]+$/;
/** The last groups of a written phone number: 345-67-89, 345-6789, 3456789. Card numbers (1234-5678-9012) end otherwise. */
const PHONE_TAIL = /[\s)-](?:\d{3}[\s-]\d{2}[\s-]\d{2}|\d{3}[\s-]\d{4}|\d{7})$/;

/**
 * Whether a text is an e-mail address or a phone number. Digits alone are a phone only in the shape of a Russian mobile
 * number (11 digits from 79 or 89); other phones need a leading plus, parentheses or a phone's grouping.
 */
export function looksPersonal(text: string): boolean {
  return (text.includes("@") && EMAIL.test(text)) || looksLikePhone(text);
}

function looksLikePhone(text: string): boolean {
  if (MOBILE.test(text)) return true;
  if (text.length > 30 || !PHONE_CHARACTERS.test(text)) return false;
  const digits = text.replace(/\D/g, "").length;
  if (digits < 10 || digits > 15) return false;
  return text.startsWith("+") || text.includes("(") || PHONE_TAIL.test(text);
}

/** Hides what {@link looksPersonal} found: "i…@example.com", "+7…67". */
export function maskPersonal(text: string): string {
  const domain = /@[\p{L}\d.-]+/u.exec(text)?.[0];
  if (domain !== undefined) return `${[...text][0]}…${domain.slice(0, 60)}`;
  const digits = text.replace(/\D/g, "");
  return `${text.startsWith("+") ? "+" : ""}${digits.slice(0, 1)}…${digits.slice(-2)}`;
}
