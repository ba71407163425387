import { expect, test } from "bun:test";
import type { FindingCode } from "./findings.ts";
import { Report } from "./report.ts";
import { readTarget } from "./target.ts";

function read(value: unknown) {
  const report = new Report();
  return {
    target: readTarget(value, report),
    faults: report.faults?.map((fault) => fault.code) ?? [],
    warnings: report.warnings.map((warning) => warning.code),
  };
}

test.each(["purchase", "order-paid", "цель", "Order Paid", "a", "x".repeat(255), "1c"])(
  "the target %j is accepted",
  (value) => expect(read(value)).toEqual({ target: value, faults: [], warnings: [] }),
);

test.each<[unknown, FindingCode]>([
  [undefined, "target_missing"],
  [null, "target_missing"],
  ["", "target_missing"],
  [" \u00a0", "target_missing"],
  [" purchase", "target_format"],
  ["purchase\u00a0", "target_format"],
  [1.5, "target_format"],
  [-1, "target_format"],
  [true, "target_format"],
  [["purchase"], "target_format"],
  ["x".repeat(256), "too_long"],
  ["pur\u0000chase", "control_character"],
  ["\ud800", "not_unicode"],
])("the target %j is refused as %s", (value, code) => {
  expect(read(value)).toEqual({ target: "", faults: [code], warnings: [] });
});

test("digits are accepted as a target with a warning, from a JSON number too", () => {
  expect(read("12345")).toEqual({ target: "12345", faults: [], warnings: ["target_is_number"] });
  expect(read(12345)).toEqual({ target: "12345", faults: [], warnings: ["target_is_number"] });
});

test("characters that an event identifier cannot hold are warned about, each once", () => {
  const report = new Report();
  readTarget("a/b?c/d", report);
  expect(report.warnings).toEqual([
    { code: "target_characters", field: "target", params: { value: "a/b?c/d", characters: "/ ?" } },
  ]);
});
