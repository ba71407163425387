import { expect, test } from "bun:test";
import { allRows, type Column, featureTable, frequentCategories, numericColumn } from "./table.ts";

const numeric = (name: string, ...values: number[]): Column => ({
  kind: "numeric",
  name,
  values: Float64Array.from(values),
});
const categorical = (name: string, categories: string[], ...codes: number[]) => ({
  ...{ kind: "categorical" as const, name, categories, codes: Int32Array.from(codes) },
});

test.each([
  ["no_features", []],
  ["feature_repeated", [numeric("pages", 1), numeric("pages", 2)]],
  ["lengths_differ", [numeric("pages", 1, 2), numeric("seconds", 1)]],
  ["category_repeated", [categorical("device", ["phone", "phone"], 0)]],
  ["category_unknown", [categorical("device", ["phone"], 1)]],
  ["category_unknown", [categorical("device", ["phone"], -2)]],
])("a table that contradicts itself is refused as %s", (code, columns) => {
  expect(() => featureTable(columns)).toThrow(expect.objectContaining({ code }));
});

test("a refused code is named with its feature and row", () => {
  const columns = [categorical("device", ["phone", "desktop"], 0, 1, 5)];
  expect(() => featureTable(columns)).toThrow(
    "The feature “device” has the code 5 in row 2, but there are 2 categories.",
  );
});

test("a feature that the table lacks, or has as another kind, is refused by its name", () => {
  const table = featureTable([categorical("device", ["phone"], 0)]);
  expect(() => numericColumn(table, "pages")).toThrow("The table lacks the numeric feature “pages”");
  expect(() => numericColumn(table, "device")).toThrow("The table lacks the numeric feature “device”");
});

test("of too many categories the most frequent are kept, in the column's order", () => {
  const column = categorical("city", ["Omsk", "Perm", "Tver", "Ufa"], 3, 3, 3, 1, 1, 0, 0, 0, 2, -1);
  expect(frequentCategories(column, allRows(10), { atLeastRows: 1, atMost: 2 })).toEqual(["Omsk", "Ufa"]);
  expect(frequentCategories(column, allRows(10), { atLeastRows: 2, atMost: 9 })).toEqual(["Omsk", "Perm", "Ufa"]);
});
