import { expect, test } from "bun:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import type { AuditEvent } from "../../core/store/store.ts";
import { exportHead, exportLines } from "./audit-export.ts";

const eventOf = (name: string): AuditEvent => ({
  ...{ uuid: "e1", at: 0, workspaceId: 1, action: "webhook.changed" },
  actor: { kind: "user", id: name, name },
  target: { kind: name, id: name, name },
  origin: { address: name, userAgent: name, requestId: name },
  before: { name },
  after: null,
});

const cellsOf = (name: string) => (parse(exportLines("csv", [eventOf(name)], "en")) as string[][])[0] ?? [];

const formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\u0000=1", "＝1", "＋1", "－1", "＠1"];

test.each(formulas)("a name that begins as the formula %j is none in a spreadsheet", (name) => {
  const [shown = ""] = cellsOf(name).slice(5);
  expect(shown).toMatch(/^(?:'|\s)/);
  expect(shown.trimStart()).toEndWith(name.replace(/[\u0000-\u001f]/g, "").slice(1));
});

test("for every name, no cell begins as a formula and the line has as many cells as the head", () => {
  const [head] = parse(exportHead("csv", false)) as string[][];
  const name = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(...formulas, '"=1', "a\r\nb", "a;=1", 'a",=1'),
  );
  fc.assert(
    fc.property(name, (given) => {
      const cells = cellsOf(given);
      expect(cells).toHaveLength(head?.length ?? 0);
      for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@＝＋－＠\t\r\n]/);
    }),
  );
});

test("a mark for Excel stands before the head, and only if it is wished", () => {
  expect(exportHead("csv", true)).toStartWith('\ufeff"at","action","message"');
  expect(exportHead("csv", false)).toStartWith('"at"');
  expect(exportHead("ndjson", false)).toBe("");
});

test("each line of NDJSON is an event as the list tells it", () => {
  const lines = exportLines("ndjson", [eventOf("a\nb"), eventOf("c")], "ru")
    .trimEnd()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line).target.name)).toEqual(["a\nb", "c"]);
});
