import { expect, test } from "bun:test";
import { createRandom } from "../random.ts";
import { allRows } from "../table.ts";
import { visitExamples } from "../visit-examples.ts";
import { type BinnedTable, binTable, fitBins } from "./bins.ts";
import { boost } from "./boost.ts";
import { explainTrees } from "./explain-trees.ts";
import { defaultBoosting } from "./options.ts";
import type { TreeEnsemble } from "./tree.ts";
import { childOf, layOut, scoreTrees, type WalkableTrees } from "./walk.ts";

const { table, labels } = visitExamples(2000);
const features = fitBins(table, allRows(2000));
const binned = binTable(features, table, allRows(2000));
const options = { ...defaultBoosting, trees: 12, rate: 0.3, maxLeaves: 20 };
const { ensemble } = boost(features, { binned, labels }, options, createRandom(1));
const trees = layOut(features, ensemble.trees);

test("for every row, the base and the contributions add up to its log-odds", () => {
  const scores = scoreTrees(ensemble, trees, binned);
  for (let row = 0; row < 100; row++) {
    const { base, contributions } = explainTrees(ensemble, trees, binned, row);
    expect(contributions.reduce((sum, own) => sum + own, base)).toBeCloseTo(scores[row]!, 10);
  }
});

test("contributions are Shapley's: the mean gain from knowing a feature, over all orders of getting to know them", () => {
  for (const row of [0, 1, 2, 3, 4, 5]) {
    const { contributions } = explainTrees(ensemble, trees, binned, row);
    const expected = features.map((_, feature) => shapley(ensemble, trees, binned, row, feature));
    for (const [feature, own] of contributions.entries()) expect(own).toBeCloseTo(expected[feature]!, 10);
  }
});

test("the base is what the trees say on average of the rows they were learnt from", () => {
  const whole = boost(features, { binned, labels }, { ...options, rowShare: 1 }, createRandom(1)).ensemble;
  const laid = layOut(features, whole.trees);
  const scores = scoreTrees(whole, laid, binned);
  const mean = scores.reduce((sum, score) => sum + score / scores.length, 0);
  expect(explainTrees(whole, laid, binned, 0).base).toBeCloseTo(mean, 10);
});

/** By the definition, over all sets of the other features. */
function shapley(of: TreeEnsemble, laid: WalkableTrees, rows: BinnedTable, row: number, feature: number): number {
  const count = of.features.length;
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  let sum = 0;
  for (let known = 0; known < 2 ** count; known++) {
    if ((known >> feature) & 1) continue;
    const size = known.toString(2).replaceAll("0", "").length;
    const weight = (factorial(size) * factorial(count - size - 1)) / factorial(count);
    sum += weight * (expectation(laid, rows, row, known | (1 << feature)) - expectation(laid, rows, row, known));
  }
  return sum;
}

/** What the trees say on average where only the features of a set (a bit each) are known. */
function expectation(laid: WalkableTrees, rows: BinnedTable, row: number, known: number): number {
  const under = (node: number): number => {
    const split = laid.features[node]!;
    if (split < 0) return laid.values[node]!;
    if ((known >> split) & 1) return under(childOf(laid, node, rows.columns[split]![row]!));
    const part = (child: number) => (under(child) * laid.rows[child]!) / laid.rows[node]!;
    return part(laid.left[node]!) + part(laid.right[node]!);
  };
  return laid.roots.reduce((sum, root) => sum + under(root), 0);
}
