import { isUtf8 } from "node:buffer";
import { placeOf } from "./json-fault.ts";
import { GROUP_BYTES, JsonCutter, type Stretch } from "./json-pieces.ts";
import { malformed, parseJson } from "./parse-json.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A mark in the middle of a text is not dropped: it is no JSON. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Parses the bytes of a large body as `parseJson` parses its text, with the same value and the same faults, a piece at a
 * time: others are served between two groups of a list's elements. 100,000 conversions at once held them up for a tenth of
 * a second, and for half a second where long numbers had to stay exact (measured, 12 MB).
 * @param parse replaces `JSON.parse`; what it makes of a value may not depend on what stands around it.
 * @param groupBytes how much is parsed at once
 * @throws {ProblemError} `malformed_json`, also for an element of more than a million values; `invalid_encoding`
 */
export async function parseLargeJson(
  bytes: Uint8Array,
  parse: (text: string) => unknown = JSON.parse,
  groupBytes = GROUP_BYTES,
): Promise<unknown> {
  // What is damaged is told as a whole: where and why follows from all that stands before it.
  if (!isUtf8(bytes)) return parseWhole(bytes, parse);
  try {
    const parsed = await parsePieces(bytes, parse, groupBytes);
    return parsed === null ? parseWhole(bytes, parse) : parsed.value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return parseWhole(bytes, parse);
  }
}

const parseWhole = (bytes: Uint8Array, parse: (text: string) => unknown) => parseJson(decodeUtf8(bytes), parse);

/**
 * Null for a document that is damaged or too deep.
 * @throws {SyntaxError} for one that is damaged
 */
async function parsePieces(
  bytes: Uint8Array,
  parse: (text: string) => unknown,
  groupBytes: number,
): Promise<{ readonly value: unknown } | null> {
  const start = startOf(bytes);
  const textOf = ({ from, to }: Stretch) => decoder.decode(bytes.subarray(from, to));
  const cutter = new JsonCutter(bytes, start, groupBytes);
  const lists: unknown[][] = [];
  for (let group = cutter.next(); group !== null; group = cutter.next()) {
    if ("tooMuch" in group) {
      if (group.tooMuch === "levels") return null;
      const before = textOf({ from: start, to: group.at });
      throw malformed({ ...placeOf(before, before.length), cause: "too_wide" });
    }
    const elements = parse(`[${textOf(group)}]`) as unknown[];
    if (elements.length === 0 && !group.isWhole) return null;
    const list = lists[group.list];
    if (list === undefined) lists[group.list] = elements;
    else for (const element of elements) list.push(element);
    await new Promise(setImmediate);
  }
  const outline = parse(cutter.rest.map(textOf).join(""));
  return {
    value: withLists(
      outline,
      lists,
      cutter.names.map((name) => name && String(JSON.parse(textOf(name)))),
    ),
  };
}

/** Puts each list in its place. Of two fields of one name JSON knows the last, which may be no list. */
function withLists(outline: unknown, lists: readonly unknown[][], names: readonly (string | null)[]): unknown {
  if (names[0] === null) return lists[0];
  const fields = outline as Record<string, unknown>;
  for (const [i, name] of names.entries()) {
    if (name !== null && Array.isArray(fields[name])) fields[name] = lists[i];
  }
  return fields;
}

/** Past the byte-order mark, which is no part of the text. */
function startOf(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
