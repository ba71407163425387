import { parseExactJson } from "../../core/conversion/exact-json.ts";
import { type Localized, quoteValue } from "../../core/language.ts";
import { causes, MOST_FIELDS, malformedForm, parseForm } from "./parse-form.ts";
import { JSON_TYPE, readJsonText } from "./read-json.ts";
import { decodeUtf8 } from "./utf8.ts";

const FORM_TYPE = /^(?:application\/x-www-form-urlencoded|text\/plain)\s*(?:;|$)/i;
/** In bytes, behind a byte-order mark and white space. */
const LOOKS_LIKE_JSON = /^(?:\xEF\xBB\xBF)?\s*[[{]/;

/**
 * A name of one to three digits, plain or escaped. Bun keeps an object with the name "999" as long as an array of that
 * length: 8 KB for ten bytes (measured), and a body with a token inside is parsed before its sender is known.
 */
const INDEX_NAME = /"(?:\d|\\u003\d){1,3}"\s*:/g;

const otherType = (received: string): Localized => ({
  ru: `Оно названо «${received}»; передайте его как application/x-www-form-urlencoded или application/json.`,
  en: `It is labelled "${received}"; send it as application/x-www-form-urlencoded or application/json.`,
});

/**
 * Reads a body as JSON where it begins like it or is called so, else as a form: senders often name the wrong type, or none.
 * @throws {ProblemError} `malformed_form`, `malformed_json`, `invalid_encoding`
 */
export async function parseFormBody(bytes: Uint8Array, type: string | null): Promise<unknown> {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString("latin1");
  const isNamedJson = type !== null && JSON_TYPE.test(type);
  if (isNamedJson || LOOKS_LIKE_JSON.test(start)) {
    if (countOf(INDEX_NAME, decodeUtf8(bytes)) > MOST_FIELDS) throw malformedForm(causes.too_many);
    return (await readJsonText(bytes, type, parseExactJson)).value;
  }
  if (type !== null && type !== "" && !FORM_TYPE.test(type)) throw malformedForm(otherType(quoteValue(type)));
  return parseForm(decodeUtf8(bytes));
}

function countOf(pattern: RegExp, text: string): number {
  let count = 0;
  for (const _ of text.matchAll(pattern)) count++;
  return count;
}
