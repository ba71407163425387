import { expect, test } from "bun:test";
import { LearningError, learningSentences } from "./learning-error.ts";

const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort();

test("every refusal names the same facts in both languages", () => {
  const differing = Object.entries(learningSentences).filter(
    ([, { ru, en }]) => new Set(blanks(ru)).symmetricDifference(new Set(blanks(en))).size > 0,
  );
  expect(differing).toEqual([]);
});

test("a refusal is told in the reader's language, with its numbers", () => {
  const error = new LearningError("too_few_positives", { part: "train", found: 12, needed: 100 });
  expect(error.message).toStartWith("Too few positive examples in the part “train”: 12, at least 100 are needed.");
  expect(error.tell("ru")).toStartWith("Мало положительных примеров в части «train»: 12, нужно не меньше 100.");
});
