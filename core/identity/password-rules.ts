import type { Localized } from "../language.ts";
import { isCommonPassword } from "./common-passwords.ts";
import { IdentityError } from "./identity-error.ts";

/** The least number of characters; with no rule about their kinds, which only makes passwords predictable (NIST SP 800-63B §5.1.1.2). */
const LEAST = 10;
/** Far above any passphrase; keeps a body of megabytes away from the hash. */
const MOST = 256;

const faults = {
  too_short: {
    ru: `Пароль слишком короткий: нужно хотя бы ${LEAST} символов. Подойдут несколько слов через пробел.`,
    en: `The password is too short: give at least ${LEAST} characters. A few words with spaces will do.`,
  },
  too_long: {
    ru: `Пароль длиннее ${MOST} символов. Укажите более короткий.`,
    en: `The password is longer than ${MOST} characters. Give a shorter one.`,
  },
  common: {
    ru: "Этот пароль есть в списках самых частых, его подбирают первым. Придумайте другой.",
    en: "This password is in the lists of the most common ones, which are tried first. Think of another.",
  },
  own_address: {
    ru: "Пароль совпадает с почтой. Придумайте другой.",
    en: "The password is the e-mail address. Think of another.",
  },
  broken: {
    ru: "В пароле есть символ, который не передаётся целиком. Наберите пароль заново.",
    en: "The password holds a character that did not arrive whole. Type it anew.",
  },
} satisfies Record<string, Localized>;

/**
 * A password as it is hashed: in one Unicode form, since keyboards type the same letter in several.
 * https://pages.nist.gov/800-63-3/sp800-63b.html (§5.1.1.2)
 */
export const normalPassword = (password: string): string => password.normalize("NFKC");

/**
 * Judges a new password, in its normal form.
 * @throws {IdentityError} `weak_password`
 */
export function checkNewPassword(password: string, email: string): void {
  const length = [...password].length;
  if (!password.isWellFormed()) throw weak("broken", "characters");
  if (length < LEAST) throw weak("too_short", "length");
  if (length > MOST) throw weak("too_long", "length");
  if (isCommonPassword(password)) throw weak("common", "pwned");
  if (password.toLowerCase() === email) throw weak("own_address", "pwned");
}

/** Whether a text can be anybody's password at all: others are not worth a hash. */
export const canBePassword = (password: string): boolean => password.length <= 4 * MOST && password.isWellFormed();

const weak = (fault: keyof typeof faults, reason: string) =>
  new IdentityError("weak_password", { message: faults[fault] }, [reason]);
