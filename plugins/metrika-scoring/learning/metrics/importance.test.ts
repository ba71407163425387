import { expect, test } from "bun:test";
import { createRandom } from "../random.ts";
import { allRows, numericColumn } from "../table.ts";
import { visitExamples } from "../visit-examples.ts";
import { importanceOf } from "./importance.ts";

test("a feature that the prediction rests on is worth its ROC AUC, the others nothing", () => {
  const { table } = visitExamples(3000);
  const labels = Uint8Array.from(numericColumn(table, "pages").values, (pages) => (pages > 4 ? 1 : 0));
  const importance = importanceOf(
    (of) => numericColumn(of, "pages").values,
    table,
    labels,
    allRows(3000),
    createRandom(1),
  );
  expect(importance.map(({ feature }) => feature).toSorted()).toEqual([
    "device",
    "noise",
    "pages",
    "seconds",
    "source",
  ]);
  expect(importance[0]).toEqual({ feature: "pages", roc_auc_loss: expect.closeTo(0.5, 1) });
  expect(importance.slice(1).map(({ roc_auc_loss }) => roc_auc_loss)).toEqual([0, 0, 0, 0]);
});

test("of very many rows some are taken, evenly spread", () => {
  const { table, labels } = visitExamples(50_000);
  const seen = new Set<number>();
  importanceOf(
    (of) => {
      seen.add(of.rows);
      return numericColumn(of, "noise").values;
    },
    ...([table, labels, allRows(50_000), createRandom(1)] as const),
  );
  expect([...seen]).toEqual([20_000]);
});
