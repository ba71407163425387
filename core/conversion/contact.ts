import { createHash } from "node:crypto";

/** Phones and e-mail addresses of a buyer, as a CRM has them. */
export interface ContactTexts {
  readonly phones: readonly string[];
  readonly emails: readonly string[];
}

/**
 * What stands for a buyer's phone and e-mail in Metrika's CRM orders (`phones_md5`, `emails_md5`): MD5 in hex, of the phone's digits
 * with the country code and of the address in lower case; at least one of them. Nothing else is normalised there:
 * https://yandex.ru/dev/metrika/ru/data-import/hashing
 */
export interface ContactHashes {
  readonly phoneMd5: string | null;
  readonly emailMd5: string | null;
}

const MOST_TEXTS = 20;
const LONGEST_PHONE_TEXT = 100;
const LONGEST_EMAIL = 254;
/** In Latin letters: Metrika knows no other. */
const EMAIL = /^[\w!#$%&'*+/=?^`{|}~.-]+@(?:[a-z\d-]+\.)+[a-z\d-]{2,}$/;
/** Stands between several phones in one field, or before an extension that is no part of the number. */
const SEPARATOR = /[,;/|\n]|\s*(?:доб|ext|вн)(?:\p{L}*|\.)/iu;
const PHONE = /^\+?[\d\s().\-–—]+$/;
/** E.164 allows 15 digits; shorter ones than 8 with their country code are no subscribers. */
const SHORTEST_PHONE = 8;
const LONGEST_PHONE = 15;

/** The hashes of the first phone and the first e-mail that can be read; null when none can. */
export function hashContact({ phones, emails }: ContactTexts): ContactHashes | null {
  const phone = firstOf(phones, readPhone);
  const email = firstOf(emails, readEmail);
  if (phone === null && email === null) return null;
  return { phoneMd5: phone && md5(phone), emailMd5: email && md5(email) };
}

/** An e-mail address as Metrika compares it: trimmed, in lower case; null when it is none. */
export function readEmail(text: string): string | null {
  const email = text.trim().toLowerCase();
  return email.length <= LONGEST_EMAIL && EMAIL.test(email) ? email : null;
}

/**
 * A phone number as Metrika compares it: the digits, country code first; null when it is none, or states no country and is not Russian.
 * Russian numbers are often written with the trunk prefix 8 in place of 7, and mobile ones without either.
 */
export function readPhone(text: string): string | null {
  const [first = ""] = text.slice(0, LONGEST_PHONE_TEXT).normalize("NFKC").trim().split(SEPARATOR);
  const written = first.trim();
  if (!PHONE.test(written)) return null;
  const digits = written.replace(/\D/g, "");
  const number = written.startsWith("+") ? international(digits) : local(digits);
  return number !== null && number.length >= SHORTEST_PHONE && number.length <= LONGEST_PHONE ? number : null;
}

function international(digits: string): string | null {
  // No country's code begins with 89: this is a Russian mobile number, its trunk prefix behind a plus.
  if (/^89\d{9}$/.test(digits)) return `7${digits.slice(1)}`;
  return digits.startsWith("0") ? null : digits;
}

function local(digits: string): string | null {
  if (digits.startsWith("00")) return international(digits.slice(2));
  if (/^8\d{10}$/.test(digits)) return `7${digits.slice(1)}`;
  if (/^9\d{9}$/.test(digits)) return `7${digits}`;
  // Shorter ones lack their country's code, and whose it is cannot be guessed.
  return digits.length > 10 && !digits.startsWith("0") ? digits : null;
}

function firstOf(texts: readonly string[], read: (text: string) => string | null): string | null {
  for (const text of texts.slice(0, MOST_TEXTS)) {
    const found = read(text);
    if (found !== null) return found;
  }
  return null;
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
