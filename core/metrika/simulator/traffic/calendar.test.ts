import { expect, test } from "bun:test";
import fc from "fast-check";
import { addDays, createCalendar, daysBetween } from "./calendar.ts";

const second = (iso: string) => Date.parse(iso) / 1000;

test("a time is written in the calendar's own zone", () => {
  expect(createCalendar("Europe/Moscow").timeOf(second("2026-11-23T21:30:05Z"))).toBe("2026-11-24 00:30:05");
  expect(createCalendar("+03:00").timeOf(second("2026-11-23T21:30:05Z"))).toBe("2026-11-24 00:30:05");
  expect(createCalendar("Asia/Kolkata").dateOf(second("2026-11-23T18:30:00Z"))).toBe("2026-11-24");
});

test("for every instant and zone the calendar says what Temporal says", () => {
  const zone = fc.constantFrom("Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia");
  const instant = fc.integer({ min: second("2000-01-01T00:00:00Z"), max: second("2035-01-01T00:00:00Z") });
  fc.assert(
    fc.property(zone, instant, (timeZone, at) => {
      const expected = Temporal.Instant.fromEpochMilliseconds(at * 1000).toZonedDateTimeISO(timeZone);
      const text = expected.toPlainDateTime().toString({ smallestUnit: "second" }).replace("T", " ");
      expect(createCalendar(timeZone).timeOf(at)).toBe(text);
    }),
  );
});

test("the hour that is repeated in autumn is written twice, and the day has 25", () => {
  const berlin = createCalendar("Europe/Berlin");
  expect(berlin.timeOf(second("2026-10-25T00:30:00Z"))).toBe("2026-10-25 02:30:00");
  expect(berlin.timeOf(second("2026-10-25T01:30:00Z"))).toBe("2026-10-25 02:30:00");
  expect(berlin.startOf("2026-10-26") - berlin.startOf("2026-10-25")).toBe(25 * 3600);
});

test("days are counted with both their ends", () => {
  expect(daysBetween("2026-02-27", "2026-03-01")).toBe(3);
  expect(daysBetween("2026-03-01", "2026-02-27")).toBeLessThanOrEqual(0);
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
});
