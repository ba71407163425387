import { expect, test } from "bun:test";
import { type RefusedAnswer, refusalOf } from "./refusal.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");

function refused(status: number, errorType: string | null, changes: Partial<RefusedAnswer> = {}) {
  const message = "Said by Metrika";
  const errors = errorType === null ? [] : [{ error_type: errorType, message }];
  const text = JSON.stringify({ errors, code: status, message });
  return refusalOf({
    operation: "POST /x",
    status,
    headers: new Headers(),
    text,
    bodySent: true,
    now: NOW,
    ...changes,
  });
}

test("each status and error type has the kind that says what to do", () => {
  const kinds = [
    [429, "quota_requests_by_uid", "throttled"],
    [420, "quota_requests_by_ip", "throttled"],
    [403, "quota_of_next_year", "throttled"],
    [429, null, "throttled"],
    [401, "unauthorized", "unauthorized"],
    [403, "invalid_token", "unauthorized"],
    [403, "access_denied", "forbidden"],
    [404, "not_found", "not_found"],
    [400, "invalid_uploading", "rejected"],
    [413, null, "rejected"],
    [400, "query_error", "unavailable"],
    [400, "too_much_rows", "rejected"],
    [400, "limit_exceeded", "rejected"],
    [408, null, "unavailable"],
    [500, null, "unavailable"],
    [503, "backend_error", "unavailable"],
    [504, "timeout", "unavailable"],
    [302, null, "invalid_answer"],
  ] as const;
  for (const [status, errorType, kind] of kinds) expect(refused(status, errorType)).toMatchObject({ kind, status });
});

test("a body that Metrika refused has not been acted on, a body that a gateway answered for may have", () => {
  expect(refused(400, "invalid_uploading").bodyMayHaveArrived).toBe(false);
  expect(refused(429, "quota_requests_by_uid").bodyMayHaveArrived).toBe(false);
  expect(refused(502, null).bodyMayHaveArrived).toBe(true);
  expect(refused(502, null, { bodySent: false }).bodyMayHaveArrived).toBe(false);
});

test("throttling tells which quota is used up and when it is freed", () => {
  expect(refused(429, "quota_requests_by_uid").quota).toEqual({ name: "quota_requests_by_uid", freed: "midnight_gmt" });
  expect(refused(429, "quota_parallel_requests").quota?.freed).toBe("when_fewer_run");
  expect(refused(429, null).quota).toEqual({ name: null, freed: "unknown" });
});

test("a report's quota is freed in five minutes unless it is named as another", () => {
  const freed = (errorType: string | null) => refused(429, errorType, { area: "reports" }).quota?.freed;
  expect(freed("quota_requests_by_uid")).toBe("in_five_minutes");
  expect(freed(null)).toBe("in_five_minutes");
  expect(freed("quota_requests_by_ip")).toBe("next_second");
  expect(freed("quota_requests_by_counter_id")).toBe("midnight_gmt");
});

test("the wait that Metrika asks for is read from seconds and from dates", () => {
  const after = (value: string, date?: string) =>
    refused(429, null, { headers: new Headers({ "retry-after": value, ...(date && { date }) }) }).retryAfterSeconds;
  expect(after("17")).toBe(17);
  expect(after("Mon, 23 Nov 2026 12:02:00 GMT")).toBe(120);
  expect(after("Mon, 23 Nov 2026 12:02:00 GMT", "Mon, 23 Nov 2026 12:01:30 GMT")).toBe(30);
  expect(after("Mon, 23 Nov 2026 11:00:00 GMT")).toBe(0);
  expect(after("soon")).toBeUndefined();
  expect(after("-5")).toBeUndefined();
});

test("a gateway's page of HTML is told by its status alone", () => {
  const error = refused(502, null, { text: "<html>Bad gateway</html>" });
  expect(error.message).toBe("Metrika answered 502 to POST /x");
});

test("the message quotes Metrika on one line of bounded length", () => {
  const error = refused(400, "invalid_parameter", {
    text: JSON.stringify({
      errors: [{ error_type: "invalid_parameter", location: "comment" }],
      message: `a\nb${"x".repeat(9999)}`,
    }),
  });
  expect(error.message).toStartWith("Metrika answered 400 to POST /x: invalid_parameter: a bxxx");
  expect(error.message.length).toBeLessThan(600);
});
