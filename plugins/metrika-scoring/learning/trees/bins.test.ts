import { expect, test } from "bun:test";
import fc from "fast-check";
import { allRows, featureTable } from "../table.ts";
import { binTable, fitBins, type NumericBins, valueBins } from "./bins.ts";

const tableOf = (values: readonly number[]) =>
  featureTable([{ kind: "numeric", name: "x", values: Float64Array.from(values) }]);

function numericBins(
  values: readonly number[],
  maxBins?: number,
): { readonly feature: NumericBins; readonly bins: number[] } {
  const table = tableOf(values);
  const [feature] = fitBins(table, allRows(table.rows), maxBins);
  if (feature?.kind !== "numeric") throw new Error("the feature is numeric");
  return { feature, bins: [...binTable([feature], table, allRows(table.rows)).columns[0]!] };
}

const anyNumber = fc.oneof(
  fc.double(),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(1e308, -1e308, Infinity, -Infinity),
);

test("for every column, a greater value never stands in a lower bin, and the unknown stands after all", () => {
  fc.assert(
    fc.property(fc.array(anyNumber, { minLength: 1, maxLength: 600 }), (values) => {
      const { feature, bins } = numericBins(values);
      expect(valueBins(feature)).toBeLessThanOrEqual(255);
      const order = [...values.keys()]
        .filter((row) => !Number.isNaN(values[row]))
        .sort((a, b) => values[a]! - values[b]!);
      expect(order.every((row, i) => i === 0 || bins[row]! >= bins[order[i - 1]!]!)).toBe(true);
      expect(values.every((value, row) => Number.isNaN(value) === (bins[row] === valueBins(feature)))).toBe(true);
    }),
  );
});

test("for every column, edges rise and come back from JSON as they were", () => {
  fc.assert(
    fc.property(fc.array(anyNumber, { maxLength: 600 }), (values) => {
      const { edges } = numericBins(values).feature;
      expect(edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!))).toBe(true);
      expect(JSON.parse(JSON.stringify(edges))).toStrictEqual([...edges]);
    }),
  );
});

test("for every column of few values, each value has a bin of its own", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 200 }), (values) => {
      const { bins } = numericBins(values);
      const distinct = new Set(values.map((value) => value + 0));
      expect(new Set(bins).size).toBe(distinct.size);
    }),
  );
});

test("a value that most rows have leaves all other bins to the rest", () => {
  const values = Array.from({ length: 10_000 }, (_, row) => (row < 9000 ? 0 : row));
  const { bins } = numericBins(values, 11);
  const rowsInBin = Array.from({ length: 11 }, (_, bin) => bins.filter((one) => one === bin).length);
  expect(rowsInBin).toEqual([9000, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);
});

test("many values are divided into bins of equally many rows", () => {
  const { bins } = numericBins(
    Array.from({ length: 1000 }, (_, row) => row ** 3),
    4,
  );
  expect([0, 1, 2, 3].map((bin) => bins.filter((one) => one === bin).length)).toEqual([250, 250, 250, 250]);
});

test("the infinities stand in the bins of the greatest and the least value", () => {
  const { bins } = numericBins([-Infinity, -Number.MAX_VALUE, 0, Number.MAX_VALUE, Infinity]);
  expect(bins).toEqual([0, 0, 1, 2, 2]);
});

test("a category never seen is the unknown, whatever its code in the new table", () => {
  const column = (categories: string[], codes: number[]) =>
    featureTable([{ kind: "categorical", name: "device", categories, codes: Int32Array.from(codes) }]);
  const features = fitBins(column(["phone", "desktop"], [0, 1, 1]), allRows(3));
  const later = column(["television", "desktop", "phone"], [0, 1, 2, -1]);
  expect([...binTable(features, later, allRows(4)).columns[0]!]).toEqual([2, 1, 0, 2]);
});
