import { expect, test } from "bun:test";
import fc from "fast-check";
import { logLossOfLogOdds, sigmoid } from "../log-odds.ts";
import { createRandom } from "../random.ts";
import { allRows, type Column, type FeatureTable, featureTable } from "../table.ts";
import { visitExamples } from "../visit-examples.ts";
import { binTable, fitBins } from "./bins.ts";
import { bestTreeCount, boost } from "./boost.ts";
import { type BoostingOptions, defaultBoosting } from "./options.ts";
import { layOut, scoreTrees } from "./walk.ts";

const quick: BoostingOptions = { ...defaultBoosting, trees: 30, rate: 0.2 };

function grow(table: FeatureTable, labels: Uint8Array, options = quick, seed = 1) {
  const features = fitBins(table, allRows(table.rows));
  const binned = binTable(features, table, allRows(table.rows));
  const boosted = boost(features, { binned, labels }, options, createRandom(seed));
  const { ensemble } = boosted;
  return { ...boosted, scoreOf: (of: FeatureTable) => score(ensemble, of), scores: score(ensemble, table) };
}

function score(ensemble: ReturnType<typeof boost>["ensemble"], table: FeatureTable): Float64Array {
  const binned = binTable(ensemble.features, table, allRows(table.rows));
  return scoreTrees(ensemble, layOut(ensemble.features, ensemble.trees), binned);
}

const numeric = (name: string, values: readonly number[]): Column => ({
  ...{ kind: "numeric", name, values: Float64Array.from(values) },
});

test("trees learn what no sum of features can tell: that exactly one of two is true", () => {
  const rows = Array.from({ length: 400 }, (_, row) => [row & 1, (row >> 1) & 1] as const);
  const table = featureTable([
    numeric(
      "a",
      rows.map(([a]) => a),
    ),
    numeric(
      "b",
      rows.map(([, b]) => b),
    ),
  ]);
  const labels = Uint8Array.from(rows, ([a, b]) => a ^ b);
  // One row fewer: of perfectly even rows no first split would gain anything.
  labels[0] = 1;
  const { scores } = grow(table, labels, { ...quick, rowShare: 1 });
  expect(rows.slice(1).every(([a, b], row) => scores[row + 1]! > 0 === (a !== b))).toBe(true);
});

test("what is unknown is learnt from like a value of its own", () => {
  const values = Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? Number.NaN : row));
  const labels = Uint8Array.from(values, (value) => (Number.isNaN(value) ? 1 : 0));
  const { scoreOf } = grow(featureTable([numeric("x", values)]), labels);
  const [unknown, known] = scoreOf(featureTable([numeric("x", [Number.NaN, 5])]));
  expect(sigmoid(unknown!)).toBeGreaterThan(0.9);
  expect(sigmoid(known!)).toBeLessThan(0.1);
});

test("categories are told apart whatever their order", () => {
  const codes = Int32Array.from({ length: 900 }, (_, row) => row % 9);
  const column = { kind: "categorical" as const, name: "city", categories: [..."ABCDEFGHI"], codes };
  const labels = Uint8Array.from(codes, (code) => code % 2);
  const { scores } = grow(featureTable([column]), labels);
  expect(codes.every((code, row) => scores[row]! > 0 === (code % 2 === 1))).toBe(true);
});

test("the same examples and seed give the same trees, another seed others", () => {
  const { table, labels } = visitExamples(1000);
  const treesOf = (seed: number) => JSON.stringify(grow(table, labels, quick, seed).ensemble);
  expect(treesOf(1)).toBe(treesOf(1));
  expect(treesOf(2)).not.toBe(treesOf(1));
});

test("the loss told of rows held out is that of the trees up to there", () => {
  const [learnt, held] = [visitExamples(1500, 1), visitExamples(700, 2)];
  const features = fitBins(learnt.table, allRows(1500));
  const binned = (table: FeatureTable) => binTable(features, table, allRows(table.rows));
  const heldOut = { binned: binned(held.table), labels: held.labels, patience: 30 };
  const examples = { binned: binned(learnt.table), labels: learnt.labels };
  const { ensemble, heldOutLoss } = boost(features, examples, quick, createRandom(1), heldOut);
  const lossAfter = (count: number) => {
    const first = { ...ensemble, trees: ensemble.trees.slice(0, count) };
    return logLossOfLogOdds(score(first, held.table), held.labels);
  };
  expect(heldOutLoss).toHaveLength(ensemble.trees.length + 1);
  expect([0, 1, 12].map(lossAfter)).toEqual([0, 1, 12].map((count) => heldOutLoss[count]!));
});

test("growing ends when rows held out gain nothing any more", () => {
  const [learnt, held] = [visitExamples(300, 1), visitExamples(300, 2)];
  const features = fitBins(learnt.table, allRows(300));
  const examples = ({ table, labels }: typeof learnt) => ({ binned: binTable(features, table, allRows(300)), labels });
  const options = { ...quick, trees: 500 };
  const { heldOutLoss } = boost(features, examples(learnt), options, createRandom(1), {
    ...examples(held),
    patience: 5,
  });
  expect(heldOutLoss.length).toBeLessThan(500);
  expect(heldOutLoss.length - 1 - bestTreeCount(heldOutLoss)).toBe(5);
});

test("every leaf keeps the rows asked for, and every tree the leaves and the depth", () => {
  const { table, labels } = visitExamples(3000);
  const { trees } = grow(table, labels, { ...quick, minRows: 70, maxLeaves: 6, maxDepth: 3 }).ensemble;
  const leaves = trees.map((tree) => tree.filter((node) => "value" in node));
  expect(Math.min(...leaves.flat().map(({ rows }) => rows))).toBeGreaterThanOrEqual(70);
  expect(Math.max(...leaves.map((list) => list.length))).toBe(6);
  const depthOf = (tree: (typeof trees)[number], at = 0): number => {
    const node = tree[at]!;
    return "value" in node ? 0 : 1 + Math.max(depthOf(tree, node.left), depthOf(tree, node.right));
  };
  expect(Math.max(...trees.map((tree) => depthOf(tree)))).toBe(3);
});

test("features that tell nothing leave the average rate", () => {
  const labels = Uint8Array.from({ length: 100 }, (_, row) => (row < 20 ? 1 : 0));
  const useless = featureTable([
    numeric("constant", Array(100).fill(7)),
    numeric("unknown", Array(100).fill(Number.NaN)),
  ]);
  const { scores } = grow(useless, labels, { ...quick, rowShare: 1 });
  expect([...new Set(scores)].map(sigmoid)).toEqual([expect.closeTo(0.2, 2)]);
});

test("a row doubled is a row that counts twice", () => {
  const { table, labels } = visitExamples(400);
  const twice = featureTable(
    table.columns.map((column) =>
      column.kind === "numeric"
        ? { ...column, values: Float64Array.from([...column.values, ...column.values]) }
        : { ...column, codes: Int32Array.from([...column.codes, ...column.codes]) },
    ),
  );
  const whole = { ...quick, rowShare: 1, l2: 0, minHessian: 0, categoryL2: 0, minCategoryRows: 1 };
  const once = grow(table, labels, { ...whole, minRows: 10 });
  const doubled = grow(twice, Uint8Array.from([...labels, ...labels]), { ...whole, minRows: 20 });
  expect(doubled.scores[0]).toBeCloseTo(once.scores[0]!, 1);
});

test("for every column, however extreme, all scores are finite", () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(1e308, -1e308, Infinity, -Infinity, Number.NaN, 5e-324, -0));
  fc.assert(
    fc.property(fc.array(fc.tuple(value, fc.nat(1)), { minLength: 1, maxLength: 80 }), (rows) => {
      const table = featureTable([
        numeric(
          "x",
          rows.map(([x]) => x),
        ),
      ]);
      const { scores } = grow(
        table,
        Uint8Array.from(rows, ([, label]) => label),
        { ...quick, trees: 5, minRows: 1 },
      );
      expect(scores.every(Number.isFinite)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["trees", 0],
  ["rate", 0],
  ["rowShare", 1.5],
  ["columnShare", Number.NaN],
  ["maxLeaves", 1],
  ["minRows", 2.5],
  ["l2", -1],
])("%s = %p is refused by its name", (option, value) => {
  const { table, labels } = visitExamples(50);
  expect(() => grow(table, labels, { ...quick, [option]: value })).toThrow(
    `The option “${option}” is ${value}; it must be`,
  );
});
