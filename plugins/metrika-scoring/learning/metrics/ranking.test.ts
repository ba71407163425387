import { expect, test } from "bun:test";
import fc from "fast-check";
import { createRandom } from "../random.ts";
import { averagePrecision, liftByDecile, rocAuc, rocAucByChance, tiesOf } from "./ranking.ts";

const ties = (rows: readonly (readonly [prediction: number, label: number])[]) =>
  tiesOf(
    Float64Array.from(rows, ([prediction]) => prediction),
    Uint8Array.from(rows, ([, label]) => label),
  );

/** Predictions with many ties. */
const ranked = fc
  .array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.nat(1)), { minLength: 2, maxLength: 50 })
  .filter((rows) => new Set(rows.map(([, label]) => label)).size === 2);

test("the example of scikit-learn's documentation has its ROC AUC and its average precision", () => {
  const rows = ties([
    [0.1, 0],
    [0.4, 0],
    [0.35, 1],
    [0.8, 1],
  ]);
  expect(rocAuc(rows)).toBe(0.75);
  expect(averagePrecision(rows)).toBeCloseTo(5 / 6, 12);
});

test("for every ranking, ROC AUC is the share of pairs that stand right, a tie counting half", () => {
  fc.assert(
    fc.property(ranked, (rows) => {
      const [positives, negatives] = [rows.filter(([, label]) => label === 1), rows.filter(([, label]) => label === 0)];
      const pairs = positives.flatMap(([above]) => negatives.map(([below]) => (Math.sign(above - below) + 1) / 2));
      expect(rocAuc(ties(rows))).toBeCloseTo(pairs.reduce((sum, won) => sum + won, 0) / pairs.length, 12);
    }),
  );
});

test("for every ranking, average precision is the precision at each positive's own prediction, on average", () => {
  fc.assert(
    fc.property(ranked, (rows) => {
      const precisions = rows
        .filter(([, label]) => label === 1)
        .map(([own]) => rows.filter(([prediction]) => prediction >= own))
        .map((chosen) => chosen.filter(([, label]) => label === 1).length / chosen.length);
      const mean = precisions.reduce((sum, precision) => sum + precision, 0) / precisions.length;
      expect(averagePrecision(ties(rows))).toBeCloseTo(mean, 12);
    }),
  );
});

test("for every ranking, neither measure depends on the rows' order, nor on more than the predictions' order", () => {
  fc.assert(
    fc.property(ranked, (rows) => {
      const changed = rows.toReversed().map(([prediction, label]) => [Math.exp(prediction) + 5, label] as const);
      expect(rocAuc(ties(changed))).toBe(rocAuc(ties(rows)));
      expect(averagePrecision(ties(changed))).toBe(averagePrecision(ties(rows)));
      expect(liftByDecile(ties(changed))).toEqual(liftByDecile(ties(rows)));
    }),
  );
});

test("predictions that are all alike are worth chance", () => {
  const rows = ties(Array.from({ length: 40 }, (_, row) => [0.5, row < 10 ? 1 : 0] as const));
  expect(rocAuc(rows)).toBe(0.5);
  expect(averagePrecision(rows)).toBe(0.25);
  for (const { lift } of liftByDecile(rows)) expect(lift).toBeCloseTo(1, 10);
});

test("lift tells how many times the average rate each tenth has", () => {
  const deciles = liftByDecile(
    ties(Array.from({ length: 20 }, (_, row) => [-row, [0, 1, 2, 5].includes(row) ? 1 : 0] as const)),
  );
  expect(deciles.map(({ lift }) => lift)).toEqual([5, 2.5, 2.5, 0, 0, 0, 0, 0, 0, 0]);
  expect(deciles.map(({ captured }) => captured)).toEqual([0.5, 0.75, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(deciles.map(({ decile }) => decile)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("what cannot be measured is not a number", () => {
  expect(
    rocAuc(
      ties([
        [0.3, 1],
        [0.2, 1],
      ]),
    ),
  ).toBeNaN();
  expect(
    averagePrecision(
      ties([
        [0.3, 0],
        [0.2, 0],
      ]),
    ),
  ).toBeNaN();
});

test("of rankings by chance, one in a hundred passes for more", () => {
  const random = createRandom(1);
  const passed = Array.from({ length: 5000 }, () =>
    ties(Array.from({ length: 100 }, (_, row) => [random.next(), row < 20 ? 1 : 0])),
  ).filter((ranking) => rocAuc(ranking) >= rocAucByChance(ranking));
  expect(passed.length).toBeGreaterThan(25);
  expect(passed.length).toBeLessThan(75);
});
