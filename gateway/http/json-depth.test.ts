import { expect, test } from "bun:test";
import fc from "fast-check";
import { firstTooDeep } from "./json-depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Strings of the very characters that the reading turns on. */
const tricky = fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", "ж", "\u2028") });
const { value: document } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 8 },
    tricky,
    fc.integer(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(tricky, tie("value"), { maxKeys: 3 }),
  ),
}));

test("for every document, the limit is passed exactly when its values are nested deeper", () => {
  fc.assert(
    fc.property(document, fc.nat(8), (value, most) => {
      const text = JSON.stringify(value);
      const at = firstTooDeep(text, most);
      expect(at !== null).toBe(depthOf(value) > most);
      if (at !== null) expect("[{").toContain(text.charAt(at));
    }),
    { numRuns: 1000 },
  );
});

test("a text that breaks off inside a string is not too deep", () => {
  expect(firstTooDeep(`["${"[".repeat(100)}`, 64)).toBeNull();
  expect(firstTooDeep('["\\', 64)).toBeNull();
});
