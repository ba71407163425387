import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseIsoTime } from "./iso-time.ts";

const NOON = Date.UTC(2025, 6, 1, 12, 34, 56) / 1000;

test.each([
  ["2025-07-01T12:34:56", NOON, null],
  ["2025-07-01t12:34:56z", NOON, 0],
  ["2025-07-01 12:34:56Z", NOON, 0],
  ["2025-07-01T12:34", NOON - 56, null],
  ["2025-07-01T12:34+03:00", NOON - 56, 10_800],
  ["2025-07-01T12:34:56.9", NOON, null],
  ["2025-07-01T12:34:56.123456789Z", NOON, 0],
  ["2025-07-01T12:34:56+03:00", NOON, 10_800],
  ["2025-07-01T12:34:56-0330", NOON, -12_600],
  ["2025-07-01T12:34:56+14", NOON, 50_400],
  ["2024-02-29T00:00:00", Date.UTC(2024, 1, 29) / 1000, null],
  ["2000-02-29T23:59:59", Date.UTC(2000, 1, 29, 23, 59, 59) / 1000, null],
])("%s is read", (text, local, offset) => {
  expect(parseIsoTime(text)).toEqual({ local, offset });
});

test.each([
  "2025-02-30T12:00:00",
  "2025-02-29T12:00:00",
  "2100-02-29T12:00:00",
  "2025-04-31T12:00:00",
  "2025-13-01T12:00:00",
  "2025-00-10T12:00:00",
  "2025-07-00T12:00:00",
  "2025-07-01T25:00:00",
  "2025-07-01T24:00:00",
  "2025-07-01T12:60:00",
  "2025-07-01T12:34:60",
])("%s does not exist", (text) => {
  expect(parseIsoTime(text)).toBe("impossible");
});

test.each([
  "",
  "2025-07-01",
  "2025-07-01T",
  "2025-07-01T12",
  "2025-07-01T12:3",
  "2025-07-01T12:34:",
  "2025-07-01T12:34:5",
  "2025-07-01T12:34:56.",
  "2025-07-01T12:34:56.Z",
  "2025-07-01T12:34:56+",
  "2025-07-01T12:34:56+3",
  "2025-07-01T12:34:56+03:0",
  "2025-07-01T12:34:56+03:60",
  "2025-07-01T12:34:56+15:00",
  "2025-07-01T12:34:56+03:00Z",
  "2025-07-01T12:34:56 +03:00",
  "2025-07-01T12:34:56ZZ",
  "2025-07-01_12:34:56",
  "25-07-01T12:34:56",
  " 2025-07-01T12:34:56",
  "2025-07-01T12:34:56\n",
  "٢٠٢٥-07-01T12:34:56",
])("%j is not ISO 8601", (text) => {
  expect(parseIsoTime(text)).toBe("unreadable");
});

test("for every second of four centuries the text that Date prints is read as that second", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1900) / 1000, max: Date.UTC(2300) / 1000 }), (second) => {
      expect(parseIsoTime(new Date(second * 1000).toISOString())).toEqual({ local: second, offset: 0 });
    }),
  );
});

test("for every text the answer is a time or a reason, never an exception", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(["object", "string"]).toContain(typeof parseIsoTime(text));
    }),
  );
});
