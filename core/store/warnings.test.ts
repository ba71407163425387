import { expect, test } from "bun:test";
import fc from "fast-check";
import { type FindingCode, findingSentences } from "../conversion/findings.ts";
import type { RowWarning } from "./store.ts";
import { inWarningOrder, MOST_WARNINGS, packWarnings, unpackWarnings } from "./warnings.ts";

const warning = fc.record<RowWarning>({
  row: fc.nat(5),
  code: fc.constantFrom(...(Object.keys(findingSentences) as FindingCode[])),
  field: fc.constantFrom("", "price", "target"),
  params: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { maxKeys: 2 }),
});
/** A row is warned of one thing in one field once. */
const warnings = fc.uniqueArray(warning, { selector: ({ row, code, field }) => `${row} ${code} ${field}` });

test("no warnings take no room", () => {
  expect(packWarnings([])).toBeNull();
  expect(unpackWarnings(null)).toEqual([]);
});

test("for every list of warnings, what is stored tells the same, in the one order", () => {
  fc.assert(
    fc.property(warnings, (given) => {
      expect(unpackWarnings(packWarnings(given))).toEqual(given.toSorted(inWarningOrder));
    }),
  );
});

test("for every list of warnings, the order in which they were found does not matter", () => {
  fc.assert(
    fc.property(warnings, (given) => {
      expect(given.toReversed().toSorted(inWarningOrder)).toEqual(given.toSorted(inWarningOrder));
    }),
  );
});

test("of a hundred thousand different warnings the first thousand are kept, since the batch's row is written often", () => {
  const many = Array.from(
    { length: 100_000 },
    (_, row): RowWarning => ({ row, code: "client_id_google", field: "client_id", params: { value: `${row}.${row}` } }),
  );
  const packed = packWarnings(many.toReversed());
  expect(unpackWarnings(packed)).toEqual(many.slice(0, MOST_WARNINGS));
  expect(packed?.length).toBeLessThan(100_000);
});
