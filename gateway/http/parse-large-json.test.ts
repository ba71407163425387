import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseExactJson } from "../../core/conversion/exact-json.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { parseJson } from "./parse-json.ts";
import { parseLargeJson } from "./parse-large-json.ts";
import { decodeUtf8 } from "./utf8.ts";

/** What comes of a body: its value, or the fault with all that is told of it. */
type Outcome = { readonly value: unknown } | { readonly code: string; readonly params: unknown };

async function outcomeOf(work: () => unknown): Promise<Outcome> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { code: error.code, params: error.params };
  }
}

/** Both ways, with groups of so few bytes that nearly each element is a group of its own. */
async function bothWays(bytes: Uint8Array, groupBytes: number): Promise<readonly [Outcome, Outcome]> {
  const whole = await outcomeOf(() => parseJson(decodeUtf8(bytes), parseExactJson));
  const inPieces = await outcomeOf(() => parseLargeJson(bytes, parseExactJson, groupBytes));
  return [inPieces, whole];
}

const tricky = fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", ":", "ж", "\uFEFF", "😀", "a") });
const name = fc.oneof(fc.constantFrom("conversions", "a", "__proto__", "constructor", ""), tricky);
const number = fc.constantFrom("0", "-0", "1e400", "12345678901234567890", "0.1000000000000000055", "1.50", "17");
const space = fc.constantFrom("", "", "", " ", "\n\t", "\r\n");
const jsonString = tricky.chain((text) => fc.constantFrom(JSON.stringify(text), escapeAll(text)));

/** JSON texts rather than values: with spaces, repeated names and every spelling of a number or a character. */
const { value: document } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  list: fc
    .tuple(
      fc.array(
        fc.tuple(space, tie("value"), space).map((parts) => parts.join("")),
        { maxLength: 6 },
      ),
      space,
    )
    .map(([elements, empty]) => `[${elements.length === 0 ? empty : elements.join(",")}]`),
  object: fc
    .array(
      fc.tuple(
        name.chain((key) => fc.constantFrom(JSON.stringify(key), escapeAll(key))),
        space,
        tie("value"),
      ),
      { maxLength: 4 },
    )
    .map((fields) => `{${fields.map(([key, gap, value]) => `${gap}${key}${gap}:${value}${gap}`).join(",")}}`),
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    number,
    jsonString,
    fc.constantFrom("true", "null", "{}", "[]"),
    tie("list"),
    tie("object"),
    tie("list"),
  ),
}));

/** Every character as its escape: a name is the same name in each spelling. */
function escapeAll(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0"));
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
}

const conversions = fc
  .tuple(fc.array(document, { maxLength: 8 }), fc.array(fc.tuple(name, document), { maxLength: 2 }), fc.boolean())
  .map(([rows, beside, isLast]) => {
    const list = `"conversions":[${rows.join(",")}]`;
    const others = beside.map(([key, value]) => `${JSON.stringify(key)}:${value}`);
    return `{${(isLast ? [...others, list] : [list, ...others]).join(",")}}`;
  });
const anyBody = fc
  .tuple(fc.constantFrom("", "", "\uFEFF"), fc.oneof(conversions, document))
  .map((both) => both.join(""));

test("for every document, in pieces and as a whole come to the same", async () => {
  await fc.assert(
    fc.asyncProperty(anyBody, fc.nat(20), async (text, groupBytes) => {
      const [inPieces, whole] = await bothWays(Buffer.from(text), groupBytes);
      expect(inPieces).toStrictEqual(whole);
      expect(JSON.stringify(inPieces)).toBe(JSON.stringify(whole));
    }),
    { numRuns: 2000 },
  );
});

test("for every damaged document, in pieces and as a whole come to the same value or the same fault", async () => {
  const bytes = fc.constantFrom(...Buffer.from(`{}[]",:0-1.eE+\\u ntf'\n`), 0xef, 0xbb, 0xff, 0xd0);
  await fc.assert(
    fc.asyncProperty(anyBody, fc.nat(), fc.nat(3), fc.array(bytes, { maxLength: 3 }), fc.nat(20), async (...given) => {
      const [text, where, removed, inserted, groupBytes] = given;
      const whole = Buffer.from(text);
      const at = where % (whole.length + 1);
      const damaged = Buffer.concat([whole.subarray(0, at), Buffer.from(inserted), whole.subarray(at + removed)]);
      const [inPieces, atOnce] = await bothWays(damaged, groupBytes);
      expect(inPieces).toStrictEqual(atOnce);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  '{"conversions":[1,2],"conversions":[3]}',
  '{"conversions":[1,2],"conversions":[]}',
  '{"conversions":[1,2],"\\u0063onversions":7}',
  '{"conversions":7,"conversions":[1,2]}',
  '{"__proto__":[1,2],"conversions":[{"__proto__":[3]}]}',
  '{"conversions":[[1],[2,3]],"a":{"conversions":[4]}}',
  "[1,[2,3],{}]",
  "[]",
  "[ ]",
  "[,1]",
  "[1,]",
  "[1,\uFEFF2]",
  '{\uFEFF"a":[\uFEFF1]}',
  "[1,,2]",
  "[1}",
  "[1] [2]",
  "[1][",
  "][][][",
  '{"conversions":[1,2]',
  '{"conversions":[1,"2',
  '{"conversions":[1,"2\\',
  '{"conversions":[{]}',
  '{[1,2]:"conversions"}',
  '{"a":[1,2]"b":[3]}',
  '"text",1,2',
  "",
])("in pieces and as a whole come to the same for %p", async (text) => {
  const [inPieces, whole] = await bothWays(Buffer.from(text), 0);
  expect(inPieces).toStrictEqual(whole);
});

test("the place of a fault is counted from the beginning of the body", async () => {
  const rows = Array.from({ length: 50_000 }, (_, i) => `{"n":${i}}`);
  const text = `{"conversions":[\n${rows.join(",\n")},\n{"price":1500,50}]}`;
  await expect(parseLargeJson(Buffer.from(text))).rejects.toMatchObject({
    code: "malformed_json",
    params: { line: 50_002, column: 15 },
  });
});

test("others are served while a large list is parsed", async () => {
  const bytes = Buffer.from(`\uFEFF{"conversions":[${"{},".repeat(400_000)}{}]}`);
  let turns = 0;
  let isParsed = false;
  const count = () => {
    turns++;
    if (!isParsed) setImmediate(count);
  };
  setImmediate(count);
  const parsed = (await parseLargeJson(bytes)) as { conversions: unknown[] };
  isParsed = true;
  expect(parsed.conversions).toHaveLength(400_001);
  expect(turns).toBeGreaterThan(5);
});

test("brackets that close nothing are told as the fault they are, a million as soon as one", async () => {
  const [inPieces, whole] = await bothWays(Buffer.from("][".repeat(500_000)), 131_072);
  expect(inPieces).toStrictEqual(whole);
});

test("an element of more than a million values is refused at its place, before any parser meets it", async () => {
  const parse = (text: string): unknown => {
    if (text === "[]") return [];
    throw new Error("The parser was asked.");
  };
  const fields = Array.from({ length: 1_000_001 }, (_, i) => `"k${i}":1`).join(",");
  const lists = Array.from({ length: 600_000 }, (_, i) => `"k${i}":[]`).join(",");
  for (const text of [`{"conversions":[\n{${fields}}]}`, `{\n"a":{${fields}}}`, `{\n${fields}}`, `{\n${lists}}`]) {
    const refused = outcomeOf(() => parseLargeJson(Buffer.from(text), parse));
    expect(await refused).toMatchObject({ code: "malformed_json", params: { line: 2 } });
  }
});
