import { expect, test } from "bun:test";
import { blanksOf, type Language, type Localized, render } from "../language.ts";
import { deliverySentences, nearestGoalPhrase, rowDetails } from "./sentences.ts";

const all: readonly [string, Localized][] = [
  ...Object.entries<Localized>(deliverySentences),
  ...Object.entries<Localized>(rowDetails).map(([code, one]) => [`row ${code}`, one] as [string, Localized]),
];
/** The blanks that a report fills; one beyond these would stay open in an answer. */
const filled = {
  ...{ rows: 10, target: "purchase", nearest: "", text: "No rights.", refused: 2, upload: "900" },
  ...{ linked: 8, missing: 2, status: "NEW", counter: 100 },
};

test.each(all)("the sentence %s is whole in both languages", (_, sentence) => {
  expect(blanksOf(sentence.ru).sort()).toEqual(blanksOf(sentence.en).sort());
  expect(sentence.ru).toMatch(/[а-я]/);
  expect(sentence.en).not.toMatch(/[а-яё]/i);
  for (const language of ["ru", "en"] satisfies Language[]) {
    const told = render(sentence, language, filled);
    expect(told).toMatch(/^\S.*\.$/);
    expect(told).not.toMatch(/[{}]| {2}|\.\./);
  }
});

test("the phrase of the nearest goal continues its sentence in both languages", () => {
  for (const language of ["ru", "en"] satisfies Language[]) {
    const nearest = render(nearestGoalPhrase, language, { nearest: "purchase" });
    expect(render(deliverySentences.waiting_goal, language, { ...filled, nearest })).toMatch(/\S; .*purchase.”?»?\. /);
  }
});
