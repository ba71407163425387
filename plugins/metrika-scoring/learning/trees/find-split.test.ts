import { expect, test } from "bun:test";
import fc from "fast-check";
import { allRows } from "../table.ts";
import type { FeatureBins } from "./bins.ts";
import { findSplit, leafValue } from "./find-split.ts";
import { createHistogramFiller, histogramLayout } from "./histogram.ts";
import { defaultBoosting, type TreeOptions } from "./options.ts";

const loose: TreeOptions = { ...defaultBoosting, minRows: 1, minHessian: 0, l2: 1, minCategoryRows: 1, categoryL2: 0 };
const LAST_BIN = 4;
const numeric: FeatureBins = { kind: "numeric", name: "x", edges: [1, 2, 3] };
const categorical: FeatureBins = { kind: "categorical", name: "c", categories: ["a", "b", "c", "d"] };

/** A row: its bin (the last is the unknown), and its gradient; all hessians are 1/4. */
type Row = readonly [bin: number, gradient: number];
const rowsOf = fc.array(fc.tuple(fc.nat(LAST_BIN), fc.integer({ min: -8, max: 8 })), { minLength: 1, maxLength: 40 });

function split(feature: FeatureBins, rows: readonly Row[], options: TreeOptions = loose) {
  const binned = { rows: rows.length, columns: [Uint8Array.from(rows, ([bin]) => bin)] };
  const derivatives = {
    gradients: Float64Array.from(rows, ([, gradient]) => gradient),
    hessians: new Float64Array(rows.length).fill(0.25),
  };
  const layout = histogramLayout([feature]);
  const histogram = new Float64Array(layout[1]!);
  createHistogramFiller(layout, binned)(histogram, allRows(rows.length), Int32Array.of(0), derivatives);
  const gradient = rows.reduce((sum, [, own]) => sum + own, 0);
  const total = { gradient, hessian: rows.length / 4, rows: rows.length };
  return findSplit(histogram, layout, [feature], Int32Array.of(0), total, options);
}

/** The greatest gain over all the ways to send bins left, tried one after another. */
function greatestGain(rows: readonly Row[], partings: readonly (readonly number[])[], l2: number): number {
  const score = (part: readonly Row[]) => part.reduce((sum, [, own]) => sum + own, 0) ** 2 / (part.length / 4 + l2);
  const gains = partings.map((left) => {
    const [here, there] = [rows.filter(([bin]) => left.includes(bin)), rows.filter(([bin]) => !left.includes(bin))];
    return here.length === 0 || there.length === 0 ? 0 : score(here) + score(there) - score(rows);
  });
  return Math.max(0, ...gains);
}

test("for every leaf, the threshold and the unknown's side found are the best there are", () => {
  const partings = [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]].flatMap((left) => [left, [...left, LAST_BIN]]);
  fc.assert(
    fc.property(rowsOf, (rows) => {
      expect(split(numeric, rows)?.gain ?? 0).toBeCloseTo(greatestGain(rows, partings, 1), 9);
    }),
  );
});

test("for every leaf with equally many rows of each category, the parting of categories found is the best there is", () => {
  const bins = [0, 1, 2, 3, LAST_BIN];
  const partings = Array.from({ length: 2 ** bins.length }, (_, set) => bins.filter((bin) => (set >> bin) & 1));
  const gradients = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 15, maxLength: 15 });
  fc.assert(
    fc.property(gradients, (drawn) => {
      const rows = drawn.map((gradient, index): Row => [index % bins.length, gradient]);
      const found = split(categorical, rows, { ...loose, l2: 0 })?.gain ?? 0;
      expect(found).toBeCloseTo(greatestGain(rows, partings, 0), 9);
    }),
  );
});

test("for every leaf, a split leaves both sides the rows they must have", () => {
  fc.assert(
    fc.property(
      rowsOf,
      fc.integer({ min: 1, max: 15 }),
      fc.constantFrom(numeric, categorical),
      (rows, minRows, feature) => {
        const found = split(feature, rows, { ...loose, minRows });
        const sides = found === null ? [minRows] : [found.left.rows, found.right.rows];
        expect(Math.min(...sides)).toBeGreaterThanOrEqual(minRows);
      },
    ),
  );
});

test("the unknown goes where the gradient is like its own", () => {
  const rows: Row[] = [
    [0, -4],
    [0, -4],
    [3, 4],
    [3, 4],
    [LAST_BIN, -4],
  ];
  expect(split(numeric, rows)).toMatchObject({ unknown: "left", how: { up_to_bin: 0 }, left: { rows: 3 } });
  expect(split(numeric, rows.with(4, [LAST_BIN, 4]))).toMatchObject({ unknown: "right", left: { rows: 2 } });
});

test("an unknown that no row has goes with the larger side", () => {
  expect(
    split(numeric, [
      [0, -4],
      [3, 4],
      [3, 4],
    ])?.unknown,
  ).toBe("right");
  expect(
    split(categorical, [
      [0, -4],
      [0, -4],
      [3, 4],
    ])?.unknown,
  ).toBe("left");
});

test("a leaf whose rows are alike is not split", () => {
  expect(
    split(numeric, [
      [1, 3],
      [1, -5],
      [1, 2],
    ]),
  ).toBeNull();
  expect(
    split(categorical, [
      [1, 3],
      [1, -5],
      [1, 2],
    ]),
  ).toBeNull();
});

test("a leaf's value is minus the gradient over the hessian and its weight", () => {
  expect(leafValue({ gradient: -6, hessian: 2, rows: 8 }, 1)).toBe(2);
  expect(leafValue({ gradient: 0, hessian: 0, rows: 1 }, 0)).toBe(0);
});
