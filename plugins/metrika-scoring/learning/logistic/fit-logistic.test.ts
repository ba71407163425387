import { expect, test } from "bun:test";
import fc from "fast-check";
import { sigmoid } from "../log-odds.ts";
import { allRows, type Column, type FeatureTable, featureTable } from "../table.ts";
import { visitExamples } from "../visit-examples.ts";
import { encode } from "./encoding.ts";
import { fitLogistic } from "./fit-logistic.ts";
import { explainLogistic, scoreLogistic } from "./score-logistic.ts";

const numeric = (name: string, values: readonly number[]): Column => ({
  ...{ kind: "numeric", name, values: Float64Array.from(values) },
});
const fit = (table: FeatureTable, labels: Uint8Array, l2 = 1) =>
  fitLogistic(table, labels, allRows(table.rows), { l2 });
const probabilitiesOf = (model: ReturnType<typeof fit>, table: FeatureTable) =>
  scoreLogistic(model, table, allRows(table.rows)).map(sigmoid);

test("at the weights found no change of any weight lowers the loss", () => {
  const { table, labels } = visitExamples(3000);
  const model = fit(table, labels, 2);
  expect(model.converged).toBe(true);
  const probabilities = probabilitiesOf(model, table);
  const surplus = probabilities.map((probability, row) => probability - labels[row]!);
  expect(surplus.reduce((sum, own) => sum + own, 0)).toBeCloseTo(0, 4);
  for (const [feature, { weights, values }] of encode(model.features, table, allRows(3000)).entries()) {
    for (const [index, weight] of model.features[feature]!.weights.entries()) {
      const slope = surplus.reduce(
        (sum, own, row) => sum + (weights[row] === index ? own * values[row]! : 0),
        2 * weight,
      );
      expect(slope).toBeCloseTo(0, 4);
    }
  }
});

test("with hardly any shrinking, each category is told its own rate", () => {
  const codes = Int32Array.from({ length: 1000 }, (_, row) => row % 2);
  const labels = Uint8Array.from({ length: 1000 }, (_, row) =>
    row % 2 === 0 ? (row < 200 ? 1 : 0) : row < 600 ? 1 : 0,
  );
  const table = featureTable([{ kind: "categorical", name: "device", categories: ["phone", "desktop"], codes }]);
  const [phone, desktop] = probabilitiesOf(fit(table, labels, 1e-6), table);
  expect(phone).toBeCloseTo(0.2, 6);
  expect(desktop).toBeCloseTo(0.6, 6);
});

test("more shrinking draws predictions to the average rate", () => {
  const { table, labels } = visitExamples(1000);
  const spread = (l2: number) => {
    const probabilities = probabilitiesOf(fit(table, labels, l2), table);
    return Math.max(...probabilities) - Math.min(...probabilities);
  };
  expect(spread(1000)).toBeLessThan(spread(10));
  expect(spread(1e9)).toBeLessThan(1e-3);
});

test("a feature measured in other units gives the same predictions", () => {
  const { table, labels } = visitExamples(1000);
  const inHours = featureTable(
    table.columns.map((column) =>
      column.kind === "numeric" ? { ...column, values: column.values.map((value) => value / 3600) } : column,
    ),
  );
  const [seconds, hours] = [probabilitiesOf(fit(table, labels), table), probabilitiesOf(fit(inHours, labels), inHours)];
  expect(Math.max(...seconds.map((probability, row) => Math.abs(probability - hours[row]!)))).toBeLessThan(1e-6);
});

test("a skewed feature is taken on a logarithm's scale, an even one as it is", () => {
  const rows = Array.from({ length: 100 }, (_, row) => row);
  const table = featureTable([
    numeric("even", rows),
    numeric(
      "skewed",
      rows.map((row) => 1.2 ** row),
    ),
  ]);
  const { features } = fit(
    table,
    Uint8Array.from(rows, (row) => row % 2),
  );
  expect(features.map((feature) => feature.kind === "numeric" && feature.log_scale !== null)).toEqual([false, true]);
});

test("for every row, the base and the contributions add up to its log-odds", () => {
  const { table, labels } = visitExamples(500);
  const model = fit(table, labels);
  const scores = scoreLogistic(model, table, allRows(500));
  for (let row = 0; row < 100; row++) {
    const { base, contributions } = explainLogistic(model, table, row);
    expect(contributions.reduce((sum, own) => sum + own, base)).toBeCloseTo(scores[row]!, 10);
  }
});

test("contributions are counted from the average row: over all rows each feature's are nothing", () => {
  const { table, labels } = visitExamples(500);
  const model = fit(table, labels);
  const all = Array.from({ length: 500 }, (_, row) => explainLogistic(model, table, row).contributions);
  for (const feature of model.features.keys()) {
    expect(all.reduce((sum, contributions) => sum + contributions[feature]!, 0)).toBeCloseTo(0, 8);
  }
});

test("for every column, however extreme, the weights and all scores are finite", () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(1e308, -1e308, Infinity, -Infinity, Number.NaN, 5e-324, 0, 1));
  fc.assert(
    fc.property(fc.array(fc.tuple(value, fc.nat(1)), { minLength: 1, maxLength: 60 }), (rows) => {
      const table = featureTable([
        numeric(
          "x",
          rows.map(([x]) => x),
        ),
        numeric(
          "unknown",
          rows.map(() => Number.NaN),
        ),
      ]);
      const model = fit(
        table,
        Uint8Array.from(rows, ([, label]) => label),
      );
      expect(model.converged).toBe(true);
      const beyond = featureTable([
        numeric("x", [Infinity, -Infinity, Number.NaN, 1e308]),
        numeric("unknown", [1, 2, 3, -Infinity]),
      ]);
      expect(
        [...scoreLogistic(model, beyond, allRows(4)), ...model.features.flatMap(({ weights }) => weights)].every(
          Number.isFinite,
        ),
      ).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("a weight of squares that is not above zero is refused, since then no weights may be best", () => {
  const { table, labels } = visitExamples(50);
  expect(() => fit(table, labels, 0)).toThrow("The option “l2” is 0; it must be > 0.");
});
