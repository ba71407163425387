import { LearningError } from "./learning-error.ts";

/** A feature measured in numbers, one a row; NaN is unknown, the infinities are the largest numbers there are. */
export interface NumericColumn {
  readonly kind: "numeric";
  readonly name: string;
  readonly values: Float64Array;
}

/** A feature that is one of several categories in each row; the code −1 is unknown. */
export interface CategoricalColumn {
  readonly kind: "categorical";
  readonly name: string;
  readonly categories: readonly string[];
  /** For each row an index of `categories`, or −1. */
  readonly codes: Int32Array;
}

export type Column = NumericColumn | CategoricalColumn;

/** What is known of each visit, a column a feature. Made by {@link featureTable}, which checks it. */
export interface FeatureTable {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/**
 * A table of the columns given, which are not copied.
 * @throws {LearningError} `no_features`, `feature_repeated`, `lengths_differ`, `category_repeated`, `category_unknown`
 */
export function featureTable(columns: readonly Column[]): FeatureTable {
  const [first] = columns;
  if (first === undefined) throw new LearningError("no_features");
  const rows = lengthOf(first);
  const names = new Set<string>();
  for (const column of columns) {
    if (names.has(column.name)) throw new LearningError("feature_repeated", { feature: column.name });
    names.add(column.name);
    checkLength(column.name, lengthOf(column), rows);
    if (column.kind === "categorical") checkCodes(column);
  }
  return { rows, columns };
}

/** @throws {LearningError} `lengths_differ` */
export function checkLength(column: string, found: number, expected: number): void {
  if (found !== expected) throw new LearningError("lengths_differ", { column, found, expected });
}

/** The numbers of the first so many rows: 0, 1, 2, … */
export function allRows(count: number): Int32Array {
  const rows = new Int32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

/** The labels (0 or 1) of some rows, in the rows' order. */
export function pick(labels: Uint8Array, rows: Int32Array): Uint8Array {
  const picked = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = labels[rows[i]!]!;
  return picked;
}

/**
 * The column of a table that a model was learnt from, found by its name.
 * @throws {LearningError} `feature_missing`
 */
export function numericColumn(table: FeatureTable, name: string): NumericColumn {
  const found = table.columns.find((column) => column.name === name);
  if (found?.kind !== "numeric") throw new LearningError("feature_missing", { feature: name, kind: "numeric" });
  return found;
}

/**
 * A categorical column by its name, in a model's own codes: a category that the model does not know is −1.
 * @param known the model's categories, in the order of its codes
 * @throws {LearningError} `feature_missing`
 */
export function categoricalColumn(
  table: FeatureTable,
  name: string,
  known: readonly string[],
): { readonly codes: Int32Array; readonly toKnown: Int32Array } {
  const found = table.columns.find((column) => column.name === name);
  if (found?.kind !== "categorical") throw new LearningError("feature_missing", { feature: name, kind: "categorical" });
  const codeOf = new Map(known.map((category, code) => [category, code]));
  return { codes: found.codes, toKnown: Int32Array.from(found.categories, (category) => codeOf.get(category) ?? -1) };
}

/** How many of the given rows each category has. */
export function countCategories({ categories, codes }: CategoricalColumn, rows: Int32Array): Int32Array {
  const counts = new Int32Array(categories.length);
  for (const row of rows) {
    const code = codes[row]!;
    if (code >= 0) counts[code]! += 1;
  }
  return counts;
}

/** The categories that have at least so many of the given rows, the most frequent if there are too many, in the column's order. */
export function frequentCategories(
  column: CategoricalColumn,
  rows: Int32Array,
  limits: { readonly atLeastRows: number; readonly atMost: number },
): readonly string[] {
  const counts = countCategories(column, rows);
  return [...counts.keys()]
    .filter((code) => counts[code]! >= limits.atLeastRows)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, limits.atMost)
    .sort((a, b) => a - b)
    .map((code) => column.categories[code]!);
}

function lengthOf(column: Column): number {
  return column.kind === "numeric" ? column.values.length : column.codes.length;
}

function checkCodes({ name, categories, codes }: CategoricalColumn): void {
  const seen = new Set<string>();
  for (const category of categories) {
    if (seen.has(category)) throw new LearningError("category_repeated", { feature: name, category });
    seen.add(category);
  }
  const row = codes.findIndex((code) => code < -1 || code >= categories.length);
  if (row === -1) return;
  throw new LearningError("category_unknown", { feature: name, row, code: codes[row]!, categories: categories.length });
}
