import { maskSecrets } from "../vault/mask.ts";

const MASK = "***";
/** Deeper than anything that is written down; it also ends what contains itself. */
const DEEPEST = 8;

/** Part of a name wherever it stands in it: `accesstoken`, `clientSecret`, `X-Webhook-Secret`. */
const SECRET_PART = /token|secret|passw|passphrase|authori[sz]ation|cookie|signature|verifier|credential/i;
/** Secret only as a whole word: `code` and `api_key`, but not `decode` and `monkey`. */
const SECRET_WORDS = new Set(["code", "codes", "key", "keys", "apikey", "pin", "otp", "jwt", "hash", "sealed"]);
/** What a name ends with that tells of a secret without being one. */
const HARMLESS_ENDS = new Set(["id", "at", "until", "prefix", "name", "kind", "type", "state", "count"]);
/** Codes that everybody may know. */
const PUBLIC_CODE = /(?:^|_)(?:error|status|country|currency|language|reason)_code$/;

/**
 * A copy of what is to be written down with secrets masked: whatever stands under a name that says so, and in any text what
 * has a secret's shape. Callers hand over no secrets; this is for the one that does by mistake. The copy is plain JSON that
 * both databases take: PostgreSQL's `jsonb` refuses U+0000 and lone surrogates.
 * https://www.postgresql.org/docs/current/datatype-json.html
 */
export function withoutSecrets<T>(value: T): T {
  return masked(value, 0) as T;
}

function masked(value: unknown, depth: number): unknown {
  if (value === undefined || value === null || typeof value === "boolean") return value ?? null;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") return maskedText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value !== "object") return maskedText(String(value));
  if (depth >= DEEPEST) return MASK;
  if (Array.isArray(value)) return value.map((element) => masked(element, depth + 1));
  const fields = Object.entries(value).map(([name, member]) => [
    maskedText(name),
    isSecretName(name) ? maskedWhole(member) : masked(member, depth + 1),
  ]);
  return Object.fromEntries(fields);
}

/** That there is none, or that there is one, is no secret. */
const maskedWhole = (value: unknown): unknown =>
  value === undefined || value === null || typeof value === "boolean" ? (value ?? null) : MASK;

const maskedText = (text: string): string => maskSecrets(text.toWellFormed().replaceAll("\u0000", ""));

function isSecretName(name: string): boolean {
  const snake = name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();
  if (PUBLIC_CODE.test(snake)) return false;
  const words = snake.split(/[^\p{L}\d]+/u);
  if (HARMLESS_ENDS.has(words.at(-1) ?? "")) return false;
  return SECRET_PART.test(snake) || words.some((word) => SECRET_WORDS.has(word));
}
