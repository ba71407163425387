import { expect, test } from "bun:test";
import { toJsonSchema } from "@valibot/to-json-schema";
import fc from "fast-check";
import * as v from "valibot";
import { normaliseConversion } from "./normalise.ts";
import { ConversionInput } from "./schema.ts";

const options = {
  timeZone: "Europe/Moscow",
  defaultCurrency: "RUB",
  now: Date.parse("2025-07-02T00:00:00Z"),
  allowPersonalUserId: true,
};

test("the schema becomes a JSON schema whose examples make an accepted row", () => {
  const { properties = {}, required, title } = toJsonSchema(ConversionInput);
  const examples = Object.entries(properties).map(([field, schema]) => {
    const example = typeof schema === "object" ? schema.examples?.[0] : undefined;
    return [field, example];
  });
  const row = Object.fromEntries(examples);
  expect({ required, title }).toEqual({ required: ["target", "date_time"], title: "Conversion" });
  expect(normaliseConversion(row, options).ok).toBe(true);
  expect(v.is(ConversionInput, row)).toBe(true);
});

const absent = fc.constantFrom(undefined, null, "");
const whole = fc.maxSafeNat();
const digits = fc.stringMatching(/^\d{1,25}$/);
const anything = fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), fc.double());

/** Rows that are mostly good, so that many are accepted, with every field sometimes wild. */
function wild(...ordinary: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: fc.oneof(...ordinary) }, { weight: 1, arbitrary: anything });
}

const row = fc.record(
  {
    client_id: wild(digits, whole, absent, fc.stringMatching(/^\d{1,10}\.\d{1,10}$/)),
    user_id: wild(absent, whole, fc.string({ maxLength: 256 })),
    yclid: wild(absent, digits, whole),
    purchase_id: wild(absent, whole, fc.string({ unit: "grapheme", maxLength: 100 })),
    target: wild(fc.constantFrom("purchase", "цель", "a b"), whole),
    date_time: wild(
      fc
        .date({ min: new Date("2000-01-02"), max: new Date("2025-07-01"), noInvalidDate: true })
        .map((d) => d.toISOString()),
      fc.integer({ min: 946_684_800, max: 1_751_400_000 }),
      fc.constantFrom("2025-07-01T12:34", "2025-07-01 12:34:56+03", "1751373296", "1751373296.5"),
    ),
    price: wild(absent, fc.double({ min: 0, max: 1e6, noNaN: true }), fc.stringMatching(/^\d{1,15}(\.\d{1,20})?$/)),
    currency: wild(absent, fc.constantFrom("RUB", "usd", "nonsense")),
    comment: anything,
  },
  { requiredKeys: ["target", "date_time"] },
);

test("for every row that is accepted the schema holds", () => {
  let accepted = 0;
  fc.assert(
    fc.property(row, (input) => {
      if (!normaliseConversion(input, options).ok) return;
      accepted += 1;
      expect(v.safeParse(ConversionInput, input).issues?.map((issue) => issue.message)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(200);
});
