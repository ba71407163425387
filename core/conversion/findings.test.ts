import { expect, test } from "bun:test";
import { blanksOf, type Language, type Localized, type Params } from "../language.ts";
import { findingPhrases } from "./finding-phrases.ts";
import { describeFinding, type FindingCode, findingSentences } from "./findings.ts";

const languages: readonly Language[] = ["ru", "en"];
const sentences: readonly [FindingCode, Localized][] = Object.entries(findingSentences) as [FindingCode, Localized][];
const phrases: readonly [string, Localized][] = Object.entries(findingPhrases);

/** A value for each blank, so that a sentence without leftovers is a sentence without unknown blanks. */
const filled: Params = {
  value: "VALUE",
  character: "U+0000",
  characters: "/",
  days: 22,
  first_date_time: "2026-07-01T12:34:56+03:00",
  hours: 3,
  length: 300,
  limit: 256,
  minutes: 5,
  nearest: "purchase",
  offset: "UTC+03:00",
  price: "1500",
  purchase_id: "order123",
  similar: "clientId → client_id",
  suggestion: "12500.50",
  target: "buy",
  zone: "Europe/Berlin",
};

test.each(sentences)("the sentence of %s is whole in both languages", (code, sentence) => {
  expect(blanksOf(sentence.ru).sort()).toEqual(blanksOf(sentence.en).sort());
  expect(sentence.ru).not.toBe(sentence.en);
  expect(sentence.ru).toMatch(/[а-я]/);
  expect(sentence.en).not.toMatch(/[а-яё]/i);
  for (const language of languages) {
    const told = describeFinding(
      { code, field: "client_id", params: { problem: "P", mend: "M", ...filled } },
      language,
    );
    expect(told).toMatch(/^\S.*\.$/);
    expect(blanksOf(told)).toEqual([]);
  }
});

test.each(phrases)("the phrase %s continues a sentence in both languages", (name, phrase) => {
  expect(blanksOf(phrase.ru).sort()).toEqual(blanksOf(phrase.en).sort());
  expect(phrase.ru).toMatch(/[а-я]/);
  for (const language of languages) {
    const told = describeFinding(
      { code: "client_id_format", field: "client_id", params: { ...filled, problem: name } },
      language,
    );
    expect(told).toMatch(/[^.]\.$/);
    expect(told).not.toContain(`: ${name}.`);
    expect(blanksOf(told)).toEqual([]);
  }
});

test("a finding is told in the reader's language with its value and its mend", () => {
  const finding = {
    code: "price_format",
    field: "price",
    params: { value: "12 500,50", problem: "price_respelled", suggestion: "12500.50" },
  } as const;
  expect(describeFinding(finding, "ru")).toBe(
    "Поле price: «12 500,50» не читается как сумма: запишите её так: 12500.50.",
  );
  expect(describeFinding(finding, "en")).toBe(
    "Field price: “12 500,50” cannot be read as an amount: write it like this: 12500.50.",
  );
});

test("a value that looks like a blank or a phrase is told as it is", () => {
  const params = { value: "{problem}", problem: "client_id_digits" };
  expect(describeFinding({ code: "client_id_format", field: "client_id", params }, "en")).toContain("“{problem}”");
  const named = describeFinding(
    { code: "date_only", field: "date_time", params: { value: "exponent", suggestion: "" } },
    "en",
  );
  expect(named).toContain("“exponent”");
});

test("a finding whose phrase is no longer known is still told", () => {
  const params = { value: "x", problem: "constructor" };
  expect(describeFinding({ code: "client_id_format", field: "client_id", params }, "en")).toContain("constructor");
});
