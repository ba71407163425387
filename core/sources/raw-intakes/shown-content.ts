import { maskText } from "../../vault/mask.ts";
import type { RawContent } from "./content.ts";

/** Characters of a body that are shown; whoever wants more has the sender. */
const LONGEST_SHOWN = 262_144;

/** Names whose values are secrets, whatever they look like: tokens, keys, signatures, cookies of visitors' sessions. */
const SECRET_NAME = /token|secret|passw|authorization|api[_-]?key|sign(?:ature)?$|salt|session/i;

/** A request as people may see it. */
export interface ShownContent {
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for a body that is no text. */
  readonly body: string | null;
  readonly isTruncated: boolean;
}

/**
 * A request for people: secrets by their names and shapes are masked, and, unless it is to be whole, phones and e-mail addresses
 * too. A secret is masked in any case: who may read a buyer's phone need not be able to play the CRM.
 */
export function shownContent({ query, headers, body }: RawContent, isWhole: boolean): ShownContent {
  const mask = isWhole ? (text: string) => text : maskText;
  const pairs = (list: RawContent["query"]) =>
    Object.fromEntries(list.map(([name, value]) => [name, SECRET_NAME.test(name) ? "***" : mask(value)]));
  const type = headers.find(([name]) => name === "content-type")?.[1] ?? "";
  const text = textOf(body);
  const shown = text === null ? null : shownBody(text, type, mask);
  return {
    query: pairs(query),
    headers: pairs(headers),
    body: shown === null ? null : shown.slice(0, LONGEST_SHOWN),
    isTruncated: (shown?.length ?? 0) > LONGEST_SHOWN,
  };
}

function textOf(body: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return null;
  }
}

function shownBody(text: string, type: string, mask: (text: string) => string): string {
  if (/^\s*[[{]/.test(text)) return mask(maskJson(text));
  return /form-urlencoded/i.test(type) || /^[^\s=&]{1,200}=/.test(text) ? shownForm(text, mask) : mask(text);
}

/** Letters, digits and signs that need no escape, by which an address could be hidden from masking: `anna\u0040example.com`. */
const NEEDLESS_ESCAPE = /(?<!\\)((?:\\\\)*)\\u00((?:2[013-9a-f])|[3-7][0-9a-f])(?<!5c|7f)/gi;

/** In the text itself, so that numbers keep their digits and people see what was sent. */
const maskJson = (text: string): string =>
  text
    .replace(
      NEEDLESS_ESCAPE,
      (_, before: string, code: string) => before + String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replace(/"((?:[^"\\]|\\.)*)"(\s*:\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)/g, (whole, name: string, colon: string) =>
      SECRET_NAME.test(name) ? `"${name}"${colon}"***"` : whole,
    );

/** One field a line, decoded: `leads[status][0][id]=10701093`. */
const shownForm = (text: string, mask: (text: string) => string): string =>
  text
    .split("&")
    .map((pair) => {
      const [name = "", ...rest] = pair.split("=").map(decode);
      return SECRET_NAME.test(name) ? `${name}=***` : `${name}=${mask(rest.join("="))}`;
    })
    .join("\n");

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return part;
  }
}
