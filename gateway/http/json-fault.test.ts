import { expect, test } from "bun:test";
import fc from "fast-check";
import { findJsonFault, type jsonFaultCauses } from "./json-fault.ts";

const faults: readonly (readonly [text: string, place: string, cause: keyof typeof jsonFaultCauses])[] = [
  ["", "1:1", "empty"],
  [" \n ", "2:2", "empty"],
  ['{"a": 1', "1:8", "cut_short"],
  ['{"a": "x', "1:9", "cut_short"],
  ['{"a": "x\\', "1:9", "cut_short"],
  ["{'a': 1}", "1:2", "single_quotes"],
  ["{\"a\": 'x'}", "1:7", "single_quotes"],
  ["{“a”: 1}", "1:2", "typographic_quotes"],
  ["{a: 1}", "1:2", "unquoted_name"],
  ['{\n  "a": 1,\n}', "3:1", "trailing_comma"],
  ["[1, 2, ]", "1:8", "trailing_comma"],
  ['{"price": 1500,50}', "1:16", "decimal_comma"],
  ['{"a": 1 "b": 2}', "1:9", "missing_comma"],
  ['{"a" 1}', "1:6", "missing_colon"],
  ['{"a": "x\ny"}', "1:9", "line_break_in_string"],
  ['{"a": "C:\\Users"}', "1:10", "bad_escape"],
  ['{"a": 01}', "1:7", "bad_number"],
  ['{"a": +1}', "1:7", "bad_number"],
  ['{"a": 1.}', "1:7", "bad_number"],
  ['{"a": .5}', "1:7", "bad_number"],
  ['{"a": None}', "1:7", "foreign_word"],
  ['{"a": NaN}', "1:7", "foreign_word"],
  ['{"a": True}', "1:7", "foreign_word"],
  ['{"a": 1 // one\n}', "1:9", "comment"],
  ["conversions[0][target]=purchase&b=2", "1:1", "form"],
  ["<conversions/>", "1:1", "xml"],
  ['{"a": 1}\n{"a": 2}', "2:1", "text_after_end"],
  ['{"a": }', "1:7", "unexpected"],
  ["{,}", "1:2", "unexpected"],
];

for (const [text, place, cause] of faults) {
  test(`${JSON.stringify(text)} breaks at ${place}: ${cause}`, () => {
    const fault = findJsonFault(text);
    expect(`${fault?.line}:${fault?.column}`).toBe(place);
    expect(fault?.cause).toBe(cause);
    expect(() => JSON.parse(text)).toThrow();
  });
}

test("for every JSON value, however spaced, no fault is found", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2, "\t"), (value, indent) => {
      expect(findJsonFault(JSON.stringify(value, null, indent))).toBeNull();
    }),
  );
});

test("for every edited JSON text, a fault is found exactly when JSON.parse refuses it", () => {
  const edit = fc.constantFrom(...`{}[]",:0-1.eE+\\u ntf'\n`);
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.nat(3), edit, (value, where, removed, inserted) => {
      const text = JSON.stringify(value);
      const at = where % (text.length + 1);
      const edited = text.slice(0, at) + inserted + text.slice(at + removed);
      expect(findJsonFault(edited) === null).toBe(isJson(edited));
    }),
    { numRuns: 2000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("nesting of any depth is followed without recursion", () => {
  expect(findJsonFault("[".repeat(1_000_000))).toMatchObject({ column: 1_000_001, cause: "cut_short" });
});
