import { expect, test } from "bun:test";
import fc from "fast-check";
import { createTerminal, wantsColours, wrap } from "./terminal.ts";

function written(columns: number | undefined, colours = false) {
  const lines: string[] = [];
  const terminal = createTerminal({ write: (text) => lines.push(text), columns, colours });
  return { terminal, text: () => lines.join("") };
}

test("events and their notes stand under each other, in Russian too", () => {
  const { terminal, text } = written(undefined);
  terminal.event(0.04, "accepted", "принято 17, повторов 1", "good");
  terminal.event(12.34, "uploaded", "файл 1400000002", "plain");
  terminal.note("Поле date_time: нет времени.", "строка 7");
  expect(text()).toBe(
    [
      "  0.0 s  accepted    принято 17, повторов 1",
      " 12.3 s  uploaded    файл 1400000002",
      "           строка 7  Поле date_time: нет времени.",
      "",
    ].join("\n"),
  );
});

test("a long sentence goes on under its beginning and keeps within the terminal", () => {
  const { terminal, text } = written(70);
  terminal.note("слово ".repeat(40).trim());
  const lines = text().trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(line).toMatch(/^ {21}слово/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(70);
});

test("without colours nothing but text is written, with colours the text is the same", () => {
  const [plain, coloured] = [written(80), written(80, true)];
  for (const { terminal } of [plain, coloured]) {
    terminal.heading("Шаг");
    terminal.fields([["a", "1"]]);
    terminal.event(1, "completed", "всё", "good");
    terminal.note("сказано", "строка 1", "warn");
  }
  expect(plain.text()).not.toContain("\u001b");
  expect(coloured.text()).toContain("\u001b[32m");
  expect(Bun.stripANSI(coloured.text())).toBe(plain.text());
});

test("colours are for terminals that know them and people who want them", () => {
  expect(wantsColours(true, {})).toBe(true);
  expect(wantsColours(false, {})).toBe(false);
  expect(wantsColours(true, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColours(true, { NO_COLOR: "" })).toBe(true);
  expect(wantsColours(true, { TERM: "dumb" })).toBe(false);
});

test("for every text, wrapping loses no word and only words too long for a line exceed it", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^\S{1,30}$/), { minLength: 1 }), fc.nat(40), (words, width) => {
      const lines = wrap(words.join(" "), width);
      expect(lines.join(" ")).toBe(words.join(" "));
      for (const line of lines) if (line.length > width) expect(line).not.toContain(" ");
    }),
  );
});
