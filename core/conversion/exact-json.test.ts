import { expect, test } from "bun:test";
import fc from "fast-check";
import { cpuMs } from "../../tests/setup/cpu-time.ts";
import { InexactNumber, parseExactJson } from "./exact-json.ts";

test("for every JSON value the result is that of JSON.parse, with long integers as their digits", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      expect(parseExactJson(text)).toEqual(JSON.parse(text, digitsOfLongIntegers));
    }),
  );
});

function digitsOfLongIntegers(_key: string, value: unknown): unknown {
  const isLong = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLong && /^-?\d+$/.test(String(value)) ? String(value) : value;
}

test("for every integer beyond 2^53 the digits are kept as a string", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 10n ** 40n }), fc.boolean(), (integer, isNegative) => {
      const digits = `${isNegative ? "-" : ""}${integer}`;
      expect(parseExactJson(`{"conversions":[{"client_id": ${digits}}]}`)).toEqual({
        conversions: [{ client_id: digits }],
      });
    }),
  );
});

test("a number of sixteen digits that JavaScript holds stays a number", () => {
  expect(parseExactJson("[1234567890123456]")).toEqual([1234567890123456]);
});

test.each([
  ["[0.1]", 0.1],
  ["[0.10000000000000000]", 0.1],
  ["[1500.00000000000000]", 1500],
  ["[1e3]", 1000],
  ["[1.77e18]", 1.77e18],
  ["[0.30000000000000004]", 0.1 + 0.2],
  ["[0e7]", 0],
  ["[-1.5e-7]", -1.5e-7],
])("%s is held exactly and stays a number", (text, value) => {
  expect(parseExactJson(text)).toEqual([value]);
});

test.each([
  "1234567890.1234567890",
  "0.1000000000000000055",
  "9007199254740993.0",
  "1e400",
  "-1e-400",
  `0.${"0".repeat(500)}1`,
])("%s would be rounded and keeps its spelling", (source) => {
  const [value] = parseExactJson(`[${source}]`) as [unknown];
  expect(value).toEqual(new InexactNumber(source));
  expect(JSON.stringify({ value, text: `${value}` })).toBe(JSON.stringify({ value: source, text: source }));
});

test("a long number standing alone, after a comma, a colon or white space is found", () => {
  expect(parseExactJson("12345678901234567890")).toBe("12345678901234567890");
  expect(parseExactJson("[1,12345678901234567890]")).toEqual([1, "12345678901234567890"]);
  expect(parseExactJson('{"a":12345678901234567890,"b":\n12345678901234567891}')).toEqual({
    a: "12345678901234567890",
    b: "12345678901234567891",
  });
});

test("of a repeated key the last number counts, as in JSON.parse", () => {
  expect(parseExactJson('{"a":12345678901234567890,"a":12345678901234567891}')).toEqual({ a: "12345678901234567891" });
});

test("a key named __proto__ stays a key on the slow path too", () => {
  const value = parseExactJson('{"__proto__":{"price":1},"a":12345678901234567890}') as { price?: number };
  expect(value.price).toBeUndefined();
  expect(Object.keys(value)).toEqual(["__proto__", "a"]);
});

test("text that is not JSON throws SyntaxError on both paths", () => {
  expect(() => parseExactJson("{")).toThrow(SyntaxError);
  expect(() => parseExactJson("[12345678901234567890")).toThrow(SyntaxError);
  expect(() => parseExactJson("[01234567890123456789]")).toThrow(SyntaxError);
});

test("nesting too deep to walk is a SyntaxError, not a stack overflow", () => {
  const deep = `${"[".repeat(100_000)}12345678901234567890${"]".repeat(100_000)}`;
  expect(() => parseExactJson(deep)).toThrow(SyntaxError);
});

test("a number of a million digits is read in linear time", () => {
  const zeros = "0".repeat(1_000_000);
  const started = cpuMs();
  expect(parseExactJson(`[0.${zeros}1]`)).toEqual([new InexactNumber(`0.${zeros}1`)]);
  expect(parseExactJson(`[1${zeros}]`)).toEqual([`1${zeros}`]);
  expect(cpuMs() - started).toBeLessThan(2000);
});
