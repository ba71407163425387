/** A shape of text that must not reach a log, and what stands in its place. */
interface MaskPattern {
  readonly pattern: RegExp;
  readonly replace: (...groups: readonly string[]) => string;
}

/** A secret as it may be shown: its first four characters when it is long enough to stay secret, else only a mark. */
export function maskSecret(secret: string): string {
  return secret.length >= 20 ? `${secret.slice(0, 4)}***` : "***";
}

/** An e-mail as it may be shown: first letter and domain, `i***@example.com`. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf("@");
  return at < 1 ? "***" : `${[...email][0]}***${email.slice(at)}`;
}

/** A telephone number as it may be shown: the last two digits, `***67`. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, "");
  return digits.length < 7 ? "***" : `***${digits.slice(-2)}`;
}

const SECRET_NAME = "[\\w-]*(?:token|secret|password|passwd|passphrase|authorization|api[_-]?key|signature|cookie)";

/**
 * Secrets as we mask them in free text, in this order: named values, authorization schemes, credentials inside a URL, tokens
 * by their shape (Yandex OAuth, JWT, our API keys and secrets). Every quantifier, here and below, is bounded or unambiguous,
 * so a long text takes linear time.
 */
const secretPatterns: readonly MaskPattern[] = [
  {
    pattern: new RegExp(`("${SECRET_NAME}"\\s*:\\s*")((?:[^"\\\\]|\\\\.)*)`, "gi"),
    replace: (_, name = "") => `${name}***`,
  },
  {
    pattern: new RegExp(`(?<![\\w-])(${SECRET_NAME}(?:=|:\\s?)(?:(?:Bearer|OAuth|Basic)\\s+)?)([^\\s"'&,;{}]+)`, "gi"),
    replace: (_, name = "") => `${name}***`,
  },
  { pattern: /\b(Bearer|OAuth|Basic)\s+[\w.~+/=-]{6,}/gi, replace: (_, scheme = "") => `${scheme} ***` },
  { pattern: /(:\/\/)[^\s/@:"]{0,200}:[^\s/@"]{0,200}@/g, replace: (_, start = "") => `${start}***@` },
  { pattern: /(?<![\w-])y\d_[\w-]{10,}/g, replace: (token = "") => maskSecret(token) },
  // Yandex tokens of the older form: 39 characters that begin with AQAAAA or AgAAAA.
  { pattern: /(?<![\w-])A[Qg]AAAA[\w-]{20,}/g, replace: (token = "") => maskSecret(token) },
  { pattern: /(?<![\w-])eyJ[\w-]{8,}(?:\.[\w-]*){1,4}/g, replace: () => "eyJ***" },
  { pattern: /(?<![\w-])(mgw_[0-9a-z]{8})_[\w-]{10,}/g, replace: (_, prefix = "") => `${prefix}_***` },
  // 32 bytes in base64url or base64: our secrets and the master key. A UUID has 36 characters, a SHA-256 in hex 64.
  { pattern: /(?<![\w-])[\w-]{43}(?![\w-])/g, replace: (secret = "") => maskSecret(secret) },
  { pattern: /(?<![\w+/])[A-Za-z0-9+/]{43}=/g, replace: (secret = "") => maskSecret(secret) },
];

/** E-mails and telephone numbers. */
const personalPatterns: readonly MaskPattern[] = [
  {
    pattern: /(?<![\p{L}\d._%+'-])[\p{L}\d._%+'-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63})+/gu,
    replace: (email = "") => maskEmail(email),
  },
  // An international number with its plus sign, and a Russian one that begins with 8 or 7. Both ask for the shape of a
  // number as people write it, since ids of counters, uploads and visitors are digits too and must stay readable.
  { pattern: /(?<![\w+.-])\+\d(?:[ ().-]{0,2}\d){9,14}(?!\w)/g, replace: (phone = "") => maskPhone(phone) },
  {
    pattern: /(?<![\w+.:/-])[78][ -]?\(?[3489]\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?![\w:/-]|\.\d)/g,
    replace: (phone = "") => maskPhone(phone),
  },
];

/** Free text with tokens and secrets masked; e-mails and telephone numbers stay. */
export function maskSecrets(text: string): string {
  return maskBy(secretPatterns, text);
}

/** Free text (an error's message, a quoted answer) with tokens, secrets, e-mails and telephone numbers masked. */
export function maskText(text: string): string {
  return maskBy(personalPatterns, maskSecrets(text));
}

function maskBy(patterns: readonly MaskPattern[], text: string): string {
  let masked = text;
  for (const { pattern, replace } of patterns) masked = masked.replace(pattern, replace);
  return masked;
}
