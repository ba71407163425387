import { expect, test } from "bun:test";
import { formFields } from "./form-fields.ts";

const field = (code: string, ...values: readonly string[]) => ({ id: null, code, name: null, values });

test("parameters of a form are fields by their names, and a list has all its values", () => {
  const form = { status: "successful", tags: ["Опт", "", "Розница"], empty: "", payment: { amount: "1" }, count: 7 };
  expect(formFields(form)).toEqual([
    field("status", "successful"),
    field("tags", "Опт", "Розница"),
    field("count", "7"),
  ]);
});

test("a parameter that is left out leaves nothing", () => {
  expect(formFields({ phone: "79990000001", id: "1" }, (name) => name === "phone")).toEqual([field("id", "1")]);
});

test("what is no form has no fields", () => {
  for (const nothing of [null, "text", 7, [], ["a"]]) expect(formFields(nothing)).toEqual([]);
});
