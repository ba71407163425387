import { expect, test } from "bun:test";
import { instantOf, LOGS_UTC_ZONE } from "./zones.ts";

test("a time of Metrika is an instant in the zone it stands in", () => {
  expect(instantOf("2026-11-23 15:00:00", "Europe/Moscow")).toBe(Date.parse("2026-11-23T12:00:00Z"));
  expect(instantOf("2026-11-23 15:00:00", LOGS_UTC_ZONE)).toBe(Date.parse("2026-11-23T12:00:00Z"));
  expect(instantOf("2026-07-23 15:00:00", "Europe/Berlin")).toBe(Date.parse("2026-07-23T13:00:00Z"));
});

test("of a time that comes twice the first is meant, and one that never comes lies behind the gap", () => {
  expect(instantOf("2026-10-25 02:30:00", "Europe/Berlin")).toBe(Date.parse("2026-10-25T00:30:00Z"));
  expect(instantOf("2026-03-29 02:30:00", "Europe/Berlin")).toBe(Date.parse("2026-03-29T01:30:00Z"));
});

test("what is no time is refused", () => {
  expect(() => instantOf("2026-02-30 10:00:00", "Europe/Moscow")).toThrow(RangeError);
  expect(() => instantOf("yesterday", "Europe/Moscow")).toThrow(RangeError);
  expect(() => instantOf("2026-11-23 15:00:00", "Europe/Atlantis")).toThrow(RangeError);
});
