import { expect, test } from "bun:test";
import { DemoUsageError, readDemoOptions } from "./options.ts";

const languages: readonly (readonly [args: readonly string[], lang: string | undefined, language: "ru" | "en"])[] = [
  [[], undefined, "en"],
  [[], "C.UTF-8", "en"],
  [[], "ru_RU.UTF-8", "ru"],
  [["--lang", "en"], "ru_RU.UTF-8", "en"],
  [["--lang=ru"], "en_US.UTF-8", "ru"],
];

for (const [args, LANG, language] of languages) {
  test(`the demo speaks ${language} with LANG=${LANG ?? ""} ${args.join(" ")}`, () => {
    expect(readDemoOptions(args, { LANG })).toEqual({ once: false, language, help: false });
  });
}

test("an option that the demo does not know is refused with what it knows", () => {
  expect(() => readDemoOptions(["--onec"], {})).toThrow(DemoUsageError);
  expect(() => readDemoOptions(["--lang", "de"], {})).toThrow("Usage: bun run demo");
});
