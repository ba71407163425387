import { expect, test } from "bun:test";
import fc from "fast-check";
import { chooseLanguage } from "./language.ts";

const cases: readonly (readonly [header: string | null, chosen: "ru" | "en"])[] = [
  [null, "ru"],
  ["", "ru"],
  ["en", "en"],
  ["EN-gb", "en"],
  ["ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"],
  ["en-US,en;q=0.9,ru;q=0.8", "en"],
  ["ru;q=0.5, en;q=0.9", "en"],
  ["de, fr;q=0.9", "ru"],
  ["de, en;q=0.1", "en"],
  ["*", "ru"],
  ["en;q=0", "ru"],
  ["ru, en", "ru"],
  ["enough", "ru"],
  [";;;q=,", "ru"],
];

for (const [header, chosen] of cases) {
  test(`Accept-Language ${JSON.stringify(header)} chooses ${chosen}`, () => {
    expect(chooseLanguage(header, "ru")).toBe(chosen);
  });
}

test("the fallback may be English", () => {
  expect(chooseLanguage(undefined, "en")).toBe("en");
  expect(chooseLanguage("*", "en")).toBe("en");
});

test("for every header, one of the two languages is chosen", () => {
  fc.assert(fc.property(fc.string(), (header) => ["ru", "en"].includes(chooseLanguage(header, "ru"))));
});
