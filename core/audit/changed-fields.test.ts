import { expect, test } from "bun:test";
import { changedFields } from "./changed-fields.ts";

test("only the fields that differ are told, as they were and as they are", () => {
  const before = { name: "CRM", language: "ru", stages: ["won"], note: null };
  expect(changedFields(before, { ...before, name: "Shop", stages: ["won", "paid"] })).toEqual({
    before: { name: "CRM", stages: ["won"] },
    after: { name: "Shop", stages: ["won", "paid"] },
  });
});

test("a change that changes nothing is none", () => {
  expect(changedFields({ name: "CRM", options: { a: 1 } }, { name: "CRM", options: { a: 1 } })).toBeNull();
  expect(changedFields({ note: undefined }, { note: null })).toBeNull();
});

test("a field that came or went is null where it is not", () => {
  expect(changedFields({ old: 1 }, { new: 2 })).toEqual({
    before: { old: 1, new: null },
    after: { old: null, new: 2 },
  });
});
