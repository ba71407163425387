import { expect, test } from "bun:test";
import { isCron, nextRunAt, SCHEDULE_OFF } from "./schedule.ts";

const uuid = "0192a3b4-0000-7000-8000-000000000001";
const NOON = Date.parse("2026-11-23T12:00:00Z");
const HOUR = 3_600_000;
const source = { uuid, schedule: null as string | null, timeZone: "Europe/Moscow", isActive: true };
const iso = (ms: number | null) => ms && new Date(ms).toISOString();

test.each(["17 3 * * *", "*/5 9-18 * * MON-FRI", "0 9 L * *", "0 0 29 2 *"])("%s is a cron", (text) => {
  expect(isCron(text)).toBe(true);
});

const rubbish = ["", "off", "@daily", "* * * * * *", "61 * * * *", "0 0 30 2 *", "2026-01-01T00:00:00", "0 0 ? * *"];

test.each(rubbish)('"%s" is no cron that could be kept', (text) => {
  expect(isCron(text)).toBe(false);
});

test("a person's cron is kept to the minute, in the source's zone", () => {
  const at = (timeZone: string) => iso(nextRunAt({ ...source, timeZone, schedule: "17 3 * * *" }, "0 0 * * *", NOON));
  expect(at("Europe/Moscow")).toBe("2026-11-24T00:17:00.000Z");
  expect(at("UTC")).toBe("2026-11-24T03:17:00.000Z");
  expect(at("+00:00")).toBe("2026-11-24T03:17:00.000Z");
  expect(at("+05:30")).toBe("2026-11-23T21:47:00.000Z");
  expect(at("-03:00")).toBe("2026-11-24T06:17:00.000Z");
});

test("the plugin's default is kept apart within an hour, and always alike for one source", () => {
  const due = Date.parse("2026-11-24T00:17:00Z");
  const lateness = Array.from({ length: 50 }, (_, i) => {
    const one = { ...source, uuid: `${uuid}${i}` };
    const next = nextRunAt(one, "17 3 * * *", NOON);
    expect(nextRunAt(one, "17 3 * * *", NOON + 1)).toBe(next);
    return (next ?? 0) - due;
  });
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lateness)).toBeLessThan(HOUR);
  expect(new Set(lateness).size).toBeGreaterThan(40);
});

test("from one run to the next the default's own distance passes", () => {
  const first = nextRunAt(source, "*/15 * * * *", NOON) ?? 0;
  expect(first).toBeGreaterThan(NOON);
  expect(nextRunAt(source, "*/15 * * * *", first)).toBe(first + HOUR / 4);
});

test("nothing is due of a source that is off or disabled, nor where the plugin does nothing by the clock", () => {
  expect(nextRunAt({ ...source, schedule: SCHEDULE_OFF }, "* * * * *", NOON)).toBeNull();
  expect(nextRunAt({ ...source, isActive: false }, "* * * * *", NOON)).toBeNull();
  expect(nextRunAt({ ...source, schedule: "* * * * *" }, null, NOON)).toBeNull();
});
