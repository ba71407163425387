import { expect, test } from "bun:test";
import fc from "fast-check";
import { InexactNumber } from "./exact-json.ts";
import { isCurrency, readCurrency, readPrice } from "./money.ts";
import { Report } from "./report.ts";

function price(value: unknown) {
  const report = new Report();
  return { price: readPrice(value, report), fault: report.faults?.[0] };
}

function currency(value: unknown) {
  const report = new Report();
  return { currency: readCurrency(value, "KZT", report), fault: report.faults?.[0] };
}

test.each([
  [undefined, null],
  [null, null],
  ["", null],
  [0, "0"],
  [-0, "0"],
  [1500, "1500"],
  [0.5, "0.5"],
  [0.1 + 0.2, "0.30000000000000004"],
  [0.0000005, "0.0000005"],
  [1.25e-7, "0.000000125"],
  [999999999999999, "999999999999999"],
  ["1500.00", "1500"],
  ["0001500.50", "1500.5"],
  ["0.00", "0"],
  ["00", "0"],
  ["123456789012345.12345678901234567890", "123456789012345.1234567890123456789"],
  [new InexactNumber("0.1000000000000000055"), "0.1000000000000000055"],
])("the price %j is %s", (value, canonical) => {
  expect(price(value)).toEqual({ price: canonical, fault: undefined });
});

test.each([
  ["12 500,50", "12500.50"],
  ["12\u00a0500,50\u202f₽", "12500.50"],
  ["1 234 567", "1234567"],
  ["1,234,567", "1234567"],
  ["1,234.50", "1234.50"],
  ["1.234,50", "1234.50"],
  ["99,9", "99.9"],
  ["1500 руб.", "1500"],
  ["$20", "20"],
  ["RUB 100", "100"],
  ["+5", "5"],
  [".5", "0.5"],
  ["5.", "5"],
])("the price %j is refused with its spelling %s", (value, suggestion) => {
  expect(price(value).fault).toMatchObject({
    code: "price_format",
    params: { problem: "price_respelled", suggestion },
  });
});

test.each([
  ["12,500", "price_spelling"],
  ["1.2.3", "price_spelling"],
  ["abc", "price_spelling"],
  [",", "price_spelling"],
  [" ", "price_spelling"],
  [true, "price_spelling"],
  [[1500], "price_spelling"],
  [Number.NaN, "price_spelling"],
  [Number.POSITIVE_INFINITY, "price_spelling"],
  ["1.77E+18", "price_exponent"],
  [1e21, "price_exponent"],
  [1e-21, "price_digits"],
  [1e15, "price_digits"],
  ["1000000000000000", "price_digits"],
  ["9".repeat(70), "price_digits"],
  [`0.${"3".repeat(70)}`, "price_digits"],
  ["-0.00", "price_spelling"],
  ["0.123456789012345678901", "price_digits"],
])("the price %j is refused, the reason is %s", (value, problem) => {
  expect(price(value)).toMatchObject({ price: null, fault: { code: "price_format", params: { problem } } });
});

test.each([-1, "-1", "-0.01", "- 5", "−5"])("the price %j below zero is refused by its own code", (value) => {
  expect(price(value).fault?.code).toBe("price_negative");
});

test("a text of a million characters is refused at once", () => {
  expect(price("9".repeat(1_000_000)).fault?.params.problem).toBe("price_digits");
  expect(price(" ".repeat(1_000_000)).fault?.params.problem).toBe("price_spelling");
  expect(currency("x".repeat(1_000_000)).fault?.code).toBe("currency_unknown");
});

test("for every amount the canonical price is itself canonical and equal in value", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,15}(\.\d{1,20})?$/), (text) => {
      const canonical = price(text).price ?? "";
      expect(canonical).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
      expect(Number(canonical)).toBe(Number(text));
      expect(price(canonical).price).toBe(canonical);
    }),
  );
});

test.each([
  [undefined, "KZT"],
  [null, "KZT"],
  ["", "KZT"],
  ["RUB", "RUB"],
  ["usd", "USD"],
])("the currency %j is %s", (value, code) => {
  expect(currency(value)).toEqual({ currency: code, fault: undefined });
});

test.each([
  ["RUR", "RUB"],
  ["руб", "RUB"],
  ["руб.", "RUB"],
  ["₽", "RUB"],
  ["643", "RUB"],
  [643, "RUB"],
  [" EUR ", "EUR"],
  ["$", "USD"],
])("the currency %j is refused, %s is meant", (value, suggestion) => {
  expect(currency(value).fault).toMatchObject({ code: "currency_unknown", params: { suggestion } });
});

test.each(["ABC", "DEM", "XXX", "rubles and kopecks", {}, true])("the currency %j is unknown", (value) =>
  expect(currency(value).fault).toMatchObject({ code: "currency_unknown", params: { mend: "currency_spelling" } }),
);

test("all 160 listed currencies are known to the engine, among them those of the neighbours", () => {
  expect(Intl.supportedValuesOf("currency").filter(isCurrency).length).toBe(160);
  expect(["RUB", "USD", "EUR", "KZT", "BYN", "UZS", "AMD", "GEL", "TRY", "CNY", "AED"].every(isCurrency)).toBe(true);
});
