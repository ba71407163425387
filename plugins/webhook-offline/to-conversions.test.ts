import { expect, test } from "bun:test";
import { ProblemError } from "metrika-gateway/plugin";
import { problemDocument } from "metrika-gateway/plugin/testing";
import { toConversions } from "./to-conversions.ts";

function refusalOf(body: unknown): string {
  try {
    toConversions(body, 2);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return `${error.code}: ${problemDocument(error, { language: "en", requestId: "r" }).detail}`;
  }
  return "taken";
}

test("the rows are handed on as they came", () => {
  expect(toConversions({ conversions: [{ target: "a" }, null], more: 1 }, 2)).toEqual([{ target: "a" }, null]);
});

const refusals: readonly (readonly [body: unknown, words: string])[] = [
  [[{ target: "a" }], "bare array"],
  [{ target: "a", date_time: "2025-07-01T12:34:56" }, "single bare conversion"],
  [{ conversions: { target: "a" } }, "square brackets"],
  [{ conversions: "a" }, "is not an array"],
  [{ conversions: null }, "is not an array"],
  [{ Conversions: [] }, "these came: Conversions"],
  [{}, "empty object"],
  ["text", "another kind"],
  [null, "another kind"],
];

for (const [body, words] of refusals) {
  test(`${JSON.stringify(body)} is refused, saying: ${words}`, () => {
    expect(refusalOf(body)).toStartWith("conversions_missing");
    expect(refusalOf(body)).toContain(words);
  });
}

test("an empty list and one beyond the limit are refused", () => {
  expect(refusalOf({ conversions: [] })).toStartWith("conversions_empty");
  expect(refusalOf({ conversions: [1, 2, 3] })).toContain("3 conversions; at most 2");
});
