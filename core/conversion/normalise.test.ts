import { expect, test } from "bun:test";
import fc from "fast-check";
import { blanksOf } from "../language.ts";
import { parseExactJson } from "./exact-json.ts";
import { describeFinding } from "./findings.ts";
import { type NormaliseOptions, normaliseConversion } from "./normalise.ts";

const options: NormaliseOptions = {
  timeZone: "Europe/Moscow",
  defaultCurrency: "RUB",
  now: Date.parse("2025-07-02T00:00:00Z"),
  allowPersonalUserId: false,
};

/** The example of the specification, as it stands. */
const example = {
  client_id: "1234567890.1234567890",
  target: "purchase",
  date_time: "2025-07-01T12:34:56",
  price: 1500,
  currency: "RUB",
  purchase_id: "order123",
};

const sale = { ...example, client_id: "133591247640966458" };

function codesOf(input: unknown, changed: Partial<NormaliseOptions> = {}) {
  const row = normaliseConversion(input, { ...options, ...changed });
  return row.ok ? row.warnings.map(({ code }) => code) : row.findings.map(({ code }) => code);
}

test("the example of the specification is accepted as it stands", () => {
  expect(normaliseConversion(example, options)).toEqual({
    ok: true,
    conversion: {
      target: "purchase",
      dateTime: Date.parse("2025-07-01T09:34:56Z") / 1000,
      clientId: "1234567890.1234567890",
      userId: "",
      yclid: "",
      purchaseId: "order123",
      price: "1500",
      currency: "RUB",
    },
    warnings: [{ code: "client_id_google", field: "client_id", params: { value: "1234567890.1234567890" } }],
  });
});

test("all faults of a row are told, identifiers first", () => {
  const row = { client_id: "1 2", yclid: "x", target: "", date_time: "2025-07-01", price: "1,5", currency: "RUR" };
  expect(codesOf(row)).toEqual([
    "client_id_format",
    "yclid_format",
    "target_missing",
    "date_only",
    "price_format",
    "currency_unknown",
  ]);
});

test("a row with a good and a bad identifier is refused, since nothing is dropped silently", () => {
  expect(codesOf({ ...sale, yclid: "abc" })).toEqual(["yclid_format"]);
});

test("a row without an identifier is refused, and look-alike fields are named", () => {
  const { client_id, purchase_id, ...rest } = sale;
  expect(codesOf(rest)).toEqual(["no_identifier"]);
  const row = normaliseConversion({ ...rest, clientId: client_id, orderId: purchase_id }, options);
  const sentence = row.ok ? "" : describeFinding(row.findings[0], "en");
  expect(sentence).toContain("(clientId → client_id, orderId → purchase_id)");
});

test("a refused identifier is not told as a missing one", () => {
  expect(codesOf({ target: "purchase", date_time: sale.date_time, client_id: "abc" })).toEqual(["client_id_format"]);
});

test("a price without a currency gets the default, a currency without a price is dropped", () => {
  const { price, currency, ...rest } = sale;
  expect(normaliseConversion({ ...rest, price }, options)).toMatchObject({ conversion: { currency: "RUB" } });
  expect(normaliseConversion({ ...rest, currency }, options)).toMatchObject({
    conversion: { price: null, currency: "" },
    warnings: [],
  });
});

test("an unknown field is ignored with a warning", () => {
  expect(codesOf({ ...sale, comment: "x" })).toEqual(["unknown_field"]);
});

test("rows without warnings share one frozen list", () => {
  const [first, second] = [normaliseConversion(sale, options), normaliseConversion(sale, options)];
  expect(first.ok && second.ok && first.warnings === second.warnings && Object.isFrozen(first.warnings)).toBe(true);
});

test("an identifier of twenty digits sent as a JSON number arrives digit for digit, a fraction is refused", () => {
  const numeric = (id: string) => parseExactJson(JSON.stringify(sale).replace('"133591247640966458"', id));
  expect(normaliseConversion(numeric("17721259214076754671"), options)).toMatchObject({
    conversion: { clientId: "17721259214076754671" },
  });
  expect(codesOf(numeric("1234567890.1234567890"))).toEqual(["client_id_format"]);
  expect(codesOf(numeric("1.77E+18"))).toEqual(["client_id_format"]);
});

test("what is not an object is not a row", () => {
  const inputs = [null, undefined, 1, "row", true, [], [sale], () => sale, Symbol("row"), 1n, parseExactJson("1e400")];
  expect(inputs.flatMap((input) => codesOf(input))).toEqual(inputs.map(() => "not_an_object"));
});

test("objects that throw when touched are refused", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const thrower = Object.defineProperty({ ...sale }, "target", {
    get: () => {
      throw new Error("no");
    },
  });
  expect(codesOf(proxy)).toEqual(["not_an_object"]);
  expect(codesOf(thrower)).toEqual(["not_an_object"]);
  expect(codesOf({ ...sale, client_id: proxy })).toEqual(["not_an_object"]);
});

test("an own __proto__ lends no field to the row", () => {
  const row = JSON.parse(`{"__proto__": ${JSON.stringify(sale)}}`);
  expect(codesOf(row)).toEqual(["no_identifier", "target_missing", "date_time_missing"]);
});

test("a zone that does not exist throws: the settings are at fault, not the row", () => {
  expect(() => normaliseConversion(sale, { ...options, timeZone: "Mars/Base" })).toThrow(RangeError);
});

const cell = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withSparseArray: true, withMap: true }),
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.constantFrom(...Object.values(sale), "2025-07-01 10:00", 1751373296, "+79123456789", "1 000,5", "a@b.ru"),
);
const fields = [...Object.keys(sale), "user_id", "yclid", "comment"];
const junk = fc.oneof(
  cell,
  fc.dictionary(fc.constantFrom(...fields), cell),
  fc.dictionary(fc.string(), cell).map((row) => ({ ...sale, ...row })),
);

test("for every input a row is accepted or refused with findings that read as sentences", () => {
  fc.assert(
    fc.property(junk, (input) => {
      const row = normaliseConversion(input, options);
      const findings = row.ok ? row.warnings : row.findings;
      expect(row.ok || findings.length > 0).toBe(true);
      for (const finding of findings) {
        const cleaned = { ...finding, field: "f", params: { ...finding.params, value: "v" } };
        expect(blanksOf(describeFinding(cleaned, "ru"))).toEqual([]);
        expect(describeFinding(cleaned, "en")).toEndWith(".");
        expect(JSON.stringify(finding)).toBe(JSON.stringify(JSON.parse(JSON.stringify(finding))));
      }
    }),
    { numRuns: 2000 },
  );
});

test("for every accepted row its canonical form is accepted again and stays the same", () => {
  fc.assert(
    fc.property(junk, (input) => {
      const row = normaliseConversion(input, options);
      if (!row.ok) return;
      const { target, dateTime, clientId, userId, yclid, purchaseId, price, currency } = row.conversion;
      const canonical = { target, date_time: dateTime, client_id: clientId, user_id: userId, yclid, price, currency };
      expect(normaliseConversion({ ...canonical, purchase_id: purchaseId }, options)).toMatchObject({
        ok: true,
        conversion: row.conversion,
      });
    }),
    { numRuns: 1000 },
  );
});
