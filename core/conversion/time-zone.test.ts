import { expect, test } from "bun:test";
import fc from "fast-check";
import { clockOf, isTimeZone, LocalClock } from "./time-zone.ts";

const local = (text: string) => Date.parse(`${text}Z`) / 1000;

test.each(["Europe/Moscow", "UTC", "Etc/GMT-3", "America/Argentina/Buenos_Aires", "+03:00", "-0330"])(
  "%s is a time zone",
  (zone) => expect(isTimeZone(zone)).toBe(true),
);

test.each(["", "Moscow", "MSK", "Z", "+3", "+25:00", " Europe/Moscow", "2020-01-01T00:00[Europe/Moscow]", "__proto__"])(
  "%j is not a time zone",
  (zone) => expect(isTimeZone(zone)).toBe(false),
);

test.each([
  ["Europe/Moscow", "2010-07-01T12:00:00", 4],
  ["Europe/Moscow", "2013-01-01T12:00:00", 4],
  ["Europe/Moscow", "2014-10-26T00:59:59", 4],
  ["Europe/Moscow", "2014-10-26T02:00:00", 3],
  ["Europe/Moscow", "2026-07-01T12:00:00", 3],
  ["Asia/Almaty", "2024-02-01T12:00:00", 6],
  ["Asia/Almaty", "2024-03-02T12:00:00", 5],
  ["Asia/Kolkata", "2026-07-01T12:00:00", 5.5],
  ["Pacific/Apia", "2011-12-29T12:00:00", -10],
  ["Pacific/Apia", "2011-12-31T12:00:00", 14],
  ["+03:00", "2026-07-01T12:00:00", 3],
])("in %s at %s the clocks are %d hours from UTC", (zone, text, hours) => {
  expect(new LocalClock(zone).offsetFor(local(text))).toBe(hours * 3600);
});

test("a time that the clocks skip has no offset, its neighbours have theirs", () => {
  const berlin = new LocalClock("Europe/Berlin");
  expect(berlin.offsetFor(local("2025-03-30T01:59:59"))).toBe(3600);
  expect(berlin.offsetFor(local("2025-03-30T02:00:00"))).toBeNull();
  expect(berlin.offsetFor(local("2025-03-30T02:59:59"))).toBeNull();
  expect(berlin.offsetFor(local("2025-03-30T03:00:00"))).toBe(7200);
  expect(new LocalClock("Pacific/Apia").offsetFor(local("2011-12-30T12:00:00"))).toBeNull();
});

test("a time that the clocks show twice is taken for the earlier instant", () => {
  const berlin = new LocalClock("Europe/Berlin");
  expect(berlin.offsetFor(local("2025-10-26T02:00:00"))).toBe(7200);
  expect(berlin.offsetFor(local("2025-10-26T02:59:59"))).toBe(7200);
  expect(berlin.offsetFor(local("2025-10-26T03:00:00"))).toBe(3600);
});

const zones = [
  "Europe/Moscow",
  "Europe/Berlin",
  "America/New_York",
  "Africa/Casablanca",
  "Asia/Gaza",
  "Australia/Lord_Howe",
];

test("for every zone and local time the answer is that of Temporal, in any order of questions", () => {
  const seconds = fc.integer({ min: local("2000-01-02T00:00:00"), max: local("2027-01-01T00:00:00") });
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.array(seconds, { maxLength: 20 }), (zone, times) => {
      const clock = clockOf(zone);
      expect(times.map((time) => clock.offsetFor(time))).toEqual(times.map((time) => offsetByTemporal(zone, time)));
    }),
  );
});

function offsetByTemporal(zone: string, time: number): number | null {
  const plain = Temporal.PlainDateTime.from(new Date(time * 1000).toISOString().slice(0, -1));
  const zoned = plain.toZonedDateTime(zone, { disambiguation: "earlier" });
  return zoned.toPlainDateTime().equals(plain) ? zoned.offsetNanoseconds / 1e9 : null;
}

test("the clock of a zone is kept, and the clock of nonsense refused", () => {
  expect(clockOf("Europe/Moscow")).toBe(clockOf("Europe/Moscow"));
  expect(() => clockOf("Europe/Nowhere")).toThrow(RangeError);
});
