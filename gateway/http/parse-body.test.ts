import { expect, test } from "bun:test";
import * as v from "valibot";
import type { Language } from "../../core/language.ts";
import { ProblemError, problemDocument } from "../../core/plugin/problem.ts";
import { parseBody } from "./parse-body.ts";

const Webhook = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(10)),
  counter_id: v.pipe(v.number(), v.integer(), v.minValue(1)),
  token: v.optional(v.pipe(v.string(), v.regex(/^y0_/))),
  is_active: v.optional(v.boolean()),
  dedupe_by: v.optional(v.picklist(["exact", "purchase"])),
  options: v.optional(
    v.object({
      time_zone: v.pipe(
        v.string(),
        v.check((zone) => zone !== "Mars", "time_zone_unknown"),
      ),
    }),
  ),
  tags: v.optional(v.array(v.string())),
});
const sentences = { time_zone_unknown: { ru: "Нет такой зоны: {received}.", en: "No such zone: {received}." } };

function errorsOf(body: unknown, language: Language = "en") {
  try {
    parseBody(Webhook, body, sentences);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return problemDocument(error, { language, requestId: "r" });
  }
  return null;
}

test("a good body is typed", () => {
  const parsed = parseBody(Webhook, { name: "CRM", counter_id: 1, dedupe_by: "exact" });
  expect(parsed.counter_id + 1).toBe(2);
});

test("every fault is told with its dotted field, code and sentence", () => {
  const document = errorsOf({
    name: "",
    counter_id: 1.5,
    is_active: "yes",
    dedupe_by: "name",
    options: { time_zone: "Mars" },
    tags: ["a", 1],
    extra: 1,
  });
  expect(document).toMatchObject({ status: 422, code: "invalid_field" });
  expect(document?.detail).toBe(
    'Field "name" has a fault. The value is too short; the least length is 1. All faults are listed in errors.',
  );
  expect(document?.errors).toEqual([
    { field: "name", code: "too_short", message: "The value is too short; the least length is 1." },
    { field: "counter_id", code: "not_whole", message: "Expected a whole number, but received: 1.5." },
    { field: "is_active", code: "wrong_type", message: 'Expected true or false, but received: "yes".' },
    { field: "dedupe_by", code: "not_one_of", message: 'Allowed values: "exact", "purchase"; received: name.' },
    { field: "options.time_zone", code: "time_zone_unknown", message: "No such zone: Mars." },
    { field: "tags.1", code: "wrong_type", message: "Expected a string, but received: 1." },
    { field: "extra", code: "unknown_field", message: "There is no such field; check its spelling." },
  ]);
});

test("the sentences are Russian for a Russian reader", () => {
  expect(errorsOf({ counter_id: 0 }, "ru")?.errors).toEqual([
    { field: "name", code: "required", message: "Это обязательное поле." },
    { field: "counter_id", code: "too_small", message: "Значение 0 меньше допустимого: 1." },
  ]);
});

test("a body that is no object at all is one fault of the body", () => {
  expect(errorsOf([{ name: "CRM" }])?.errors).toEqual([
    { field: "body", code: "wrong_type", message: "Expected an object, but received: […1]." },
  ]);
  expect(errorsOf("text")?.errors).toEqual([
    { field: "body", code: "wrong_type", message: 'Expected an object, but received: "text".' },
  ]);
  expect(errorsOf(undefined)?.errors).toMatchObject([{ field: "body", code: "required" }]);
});

test("a wrong secret is never repeated, whole or inside an object", () => {
  const text = JSON.stringify([
    errorsOf({ name: "x", counter_id: 1, token: "planted-token-that-is-long" }),
    errorsOf({ name: { token: "planted-token-that-is-long" }, counter_id: 1 }),
    errorsOf({ name: "x", counter_id: 1, token: ["planted-token-that-is-long"] }),
    errorsOf({ counter_id: "y0_planted-token-that-is-long", dedupe_by: "y0_planted-token-that-is-long" }),
    errorsOf({ name: "x", counter_id: 1, "y0_planted-token-that-is-long": 1 }),
  ]);
  expect(text).not.toContain("planted-token");
  expect(text).toContain("plan***");
});
