import { expect, test } from "bun:test";
import { FUTURE_TOLERANCE_SECONDS, isTimeZone, readDateTime } from "./date-time.ts";
import { InexactNumber } from "./exact-json.ts";
import { describeFinding } from "./findings.ts";
import { Report } from "./report.ts";

const NOW = "2026-07-10T12:00:00Z";

/** Reads a value as a source in a zone does at noon of 10 July 2026. */
function read(value: unknown, timeZone = "Europe/Moscow", now = NOW) {
  const report = new Report();
  const second = readDateTime(value, { timeZone, now: Date.parse(now) }, report);
  const [fault] = report.faults ?? [];
  return {
    time: Number.isNaN(second) ? null : new Date(second * 1000).toISOString(),
    code: fault?.code ?? report.warnings[0]?.code ?? null,
    params: fault?.params ?? report.warnings[0]?.params,
    sentence: fault === undefined ? "" : describeFinding(fault, "en"),
  };
}

test.each([
  ["2026-07-10T12:34:56", "2026-07-10T09:34:56.000Z"],
  ["2026-07-10 12:34", "2026-07-10T09:34:00.000Z"],
  ["2026-07-10T11:34:56.987Z", "2026-07-10T11:34:56.000Z"],
  ["2026-07-10T12:34:56+0700", "2026-07-10T05:34:56.000Z"],
  [1783662896, "2026-07-10T05:54:56.000Z"],
  [1783662896.99, "2026-07-10T05:54:56.000Z"],
  ["1783662896", "2026-07-10T05:54:56.000Z"],
  ["1783662896.5", "2026-07-10T05:54:56.000Z"],
  [new InexactNumber("1783662896.1234567890"), "2026-07-10T05:54:56.000Z"],
])("%j is read", (value, time) => {
  expect(read(value)).toMatchObject({ time, code: null });
});

test.each([
  [undefined, "date_time_missing"],
  [null, "date_time_missing"],
  ["", "date_time_missing"],
  ["2026-07-01", "date_only"],
  ["01.07.2026", "date_only"],
  ["yesterday", "date_time_format"],
  ["2026-02-30T12:00:00", "date_time_format"],
  ["2026-02-30", "date_time_format"],
  ["32.01.2026 12:00", "date_time_format"],
  ["20260701T123456", "date_time_format"],
  [true, "date_time_format"],
  [{}, "date_time_format"],
  [new Date(0), "date_time_format"],
  [Number.NaN, "date_time_format"],
  [-1783662896, "date_time_format"],
  [12345, "date_time_format"],
  ["1".repeat(65), "date_time_format"],
  [1783662896000, "date_time_milliseconds"],
  ["1783662896000", "date_time_milliseconds"],
  ["1999-12-31T23:59:59Z", "date_time_too_early"],
  ["0001-01-01T00:00:00", "date_time_too_early"],
  ["1970-01-01T00:00:00+03:00", "date_time_too_early"],
  [946684799, "date_time_too_early"],
  ["9999-12-31T23:59:59", "date_time_in_future"],
  [9999999999, "date_time_in_future"],
])("%j is refused as %s", (value, code) => {
  expect(read(value)).toMatchObject({ time: null, code });
});

test.each([
  ["01.07.2026 12:34:56", "2026-07-01T12:34:56"],
  ["1.7.2026 9:05", "2026-07-01T09:05:00"],
  ["01.07.2026, 12:34:56", "2026-07-01T12:34:56"],
  ["2026/07/01 12:34:56", "2026-07-01T12:34:56"],
  ["2026-07-01 12:34:56 +0300", "2026-07-01T12:34:56+0300"],
  ["2026-07-01 9:05:00", "2026-07-01T09:05:00"],
  [" 2026-07-01T12:34:56\u00a0", "2026-07-01T12:34:56"],
  ["2026-07-01T12:34:56,123", "2026-07-01T12:34:56.123"],
])("%j is refused with its own ISO spelling %s", (value, suggestion) => {
  const { code, params, sentence } = read(value);
  expect({ code, params }).toMatchObject({ code: "date_time_format", params: { suggestion } });
  expect(sentence).toContain(suggestion);
});

test("milliseconds are refused with the seconds to send, an Excel number by its name", () => {
  expect(read(1783662896123).params).toMatchObject({ suggestion: 1783662896 });
  expect(read(46204.52).sentence).toContain("Excel");
});

test("a date without a time is refused with an example of that very day", () => {
  expect(read("01.07.2026").params).toMatchObject({ value: "01.07.2026", suggestion: "2026-07-01T12:34:56" });
});

test("a skipped local time is refused with the zone and an explicit offset", () => {
  const skipped = read("2026-03-29T02:30:00", "Europe/Berlin", "2026-04-01T00:00:00Z");
  expect(skipped.code).toBe("date_time_gap");
  expect(skipped.params).toMatchObject({ zone: "Europe/Berlin", suggestion: "2026-03-29T02:30:00+01:00" });
});

test("a local time shown twice is the earlier instant", () => {
  expect(read("2025-10-26T02:30:00", "Europe/Berlin", "2025-10-27T00:00:00Z").time).toBe("2025-10-26T00:30:00.000Z");
});

test("fifteen seconds ahead are accepted, one more is refused", () => {
  expect(FUTURE_TOLERANCE_SECONDS).toBe(15);
  expect(read("2026-07-10T12:00:15Z").code).toBeNull();
  expect(read("2026-07-10T12:00:16Z")).toMatchObject({ code: "date_time_in_future", params: { mend: "future_clock" } });
});

test("a Moscow time read as UTC is refused with the hours and the offset that is missing", () => {
  const expected = {
    hours: 2,
    minutes: 50,
    mend: "future_offset",
    offset: "UTC+03:00",
    suggestion: "2026-07-10T14:50:00+03:00",
  };
  expect(read("2026-07-10T14:50:00", "UTC").params).toMatchObject(expected);
  expect(read("2026-07-10T14:50:00Z").params).toMatchObject(expected);
});

test("a time of Vladivostok read as Moscow time gets the offset of Vladivostok", () => {
  expect(read("2026-07-10T21:59:00").params).toMatchObject({ hours: 6, minutes: 59, offset: "UTC+10:00" });
});

test("Unix seconds ahead are explained by an added offset, a far date by the date", () => {
  expect(read(Date.parse(NOW) / 1000 + 10_000).params).toMatchObject({ mend: "future_unix" });
  expect(read("2027-07-10T12:00:00").params).toMatchObject({ mend: "future_date", hours: 8757 });
});

test("what is older than 21 days is accepted with a warning that counts the days", () => {
  expect(read("2026-06-19T12:00:00Z").code).toBeNull();
  expect(read("2026-06-19T11:59:59Z")).toMatchObject({
    time: "2026-06-19T11:59:59.000Z",
    code: "too_old",
    params: { days: 21 },
  });
  expect(read("2000-01-01T00:00:00Z").code).toBe("too_old");
});

test("a zone that does not exist is the caller's fault", () => {
  expect(isTimeZone("Mars/Base")).toBe(false);
  expect(() => read("2026-07-10T12:00:00", "Mars/Base")).toThrow(RangeError);
});
