import { expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import { type ProblemError, problemDocument } from "../../core/plugin/problem.ts";
import { invalidFields } from "./field-faults.ts";
import { zodFaults } from "./zod-faults.ts";

const Query = z.strictObject({
  cursor: z.string().min(2).max(4).optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
  batch_id: z.uuid(),
  token: z.string().regex(/^y0_/).optional(),
});

function errorsOf(query: Record<string, string>): unknown {
  const parsed = Query.safeParse(query);
  if (parsed.success) return [];
  const problem: ProblemError = invalidFields(zodFaults(parsed.error, query));
  return problemDocument(problem, { language: "en", requestId: "r" }).errors;
}

test("each fault of a query names its field, kind and the value received", () => {
  expect(errorsOf({ cursor: "toolong", limit: "1.5", batch_id: "x", extra: "1" })).toEqual([
    { field: "cursor", code: "too_long", message: "The value is too long; the greatest length is 4." },
    { field: "limit", code: "not_whole", message: "Expected a whole number, but received: 1.5." },
    { field: "batch_id", code: "bad_format", message: "The value is malformed: x." },
    { field: "extra", code: "unknown_field", message: "There is no such field; check its spelling." },
  ]);
});

test("an absent parameter is required, not malformed", () => {
  expect(errorsOf({ limit: "0" })).toEqual([
    { field: "limit", code: "too_small", message: "The value 0 is below the least allowed, 1." },
    { field: "batch_id", code: "required", message: "This field is required." },
  ]);
});

test("a wrong secret is not repeated", () => {
  expect(JSON.stringify(errorsOf({ batch_id: "x", token: "planted" }))).not.toContain("planted");
});
