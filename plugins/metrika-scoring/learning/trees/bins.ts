import {
  type CategoricalColumn,
  categoricalColumn,
  type FeatureTable,
  frequentCategories,
  type NumericColumn,
  numericColumn,
} from "../table.ts";

/** A numeric feature cut at its edges: bin b holds the values above edge b−1 up to and including edge b. */
export interface NumericBins {
  readonly kind: "numeric";
  readonly name: string;
  /** Rising and finite, at most 254. */
  readonly edges: readonly number[];
}

/** A categorical feature: bin b holds the category b. */
export interface CategoricalBins {
  readonly kind: "categorical";
  readonly name: string;
  /** At most 254. */
  readonly categories: readonly string[];
}

export type FeatureBins = NumericBins | CategoricalBins;

/** Rows whose features are bins, a column a feature. */
export interface BinnedTable {
  readonly rows: number;
  readonly columns: readonly Uint8Array[];
}

/** A byte holds 255 bins of values and one for the unknown. */
export const MAX_VALUE_BINS = 255;
const MAX_CATEGORIES = 254;

/** How many bins hold known values; the bin of that number holds what is unknown, or a category never or rarely seen. */
export function valueBins(feature: FeatureBins): number {
  return feature.kind === "numeric" ? feature.edges.length + 1 : feature.categories.length;
}

/** Cuts each feature of a table by the rows given: bins of about equally many rows, one for each value where values are few. */
export function fitBins(table: FeatureTable, rows: Int32Array, maxBins = MAX_VALUE_BINS): readonly FeatureBins[] {
  return table.columns.map((column) =>
    column.kind === "numeric" ? fitNumeric(column, rows, maxBins) : fitCategorical(column, rows),
  );
}

function fitCategorical(column: CategoricalColumn, rows: Int32Array): CategoricalBins {
  const categories = frequentCategories(column, rows, { atLeastRows: 1, atMost: MAX_CATEGORIES });
  return { kind: "categorical", name: column.name, categories };
}

function fitNumeric({ name, values }: NumericColumn, rows: Int32Array, maxBins: number): NumericBins {
  const known = new Float64Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!;
    if (!Number.isNaN(value)) known[count++] = clamp(value);
  }
  return { kind: "numeric", name, edges: edgesOf(known.subarray(0, count).sort(), maxBins) };
}

/**
 * Edges between neighbouring values of a rising list. A bin is closed when it has its share of the rows that are left, so that a value
 * that fills many bins (zero, mostly) takes one and leaves the others to the rest.
 */
function edgesOf(rising: Float64Array, maxBins: number): readonly number[] {
  const edges: number[] = [];
  const manyValues = distinctValues(rising) > maxBins;
  let binStart = 0;
  for (let start = 0; start < rising.length; ) {
    const value = rising[start]!;
    let end = start + 1;
    while (end < rising.length && rising[end] === value) end++;
    if (end === rising.length) break;
    const share = (rising.length - binStart) / (maxBins - edges.length);
    if (!manyValues || (end - binStart >= share && edges.length < maxBins - 1)) {
      edges.push(between(value, rising[end]!));
      binStart = end;
    }
    start = end;
  }
  return edges;
}

function distinctValues(rising: Float64Array): number {
  let count = 0;
  for (let i = 0; i < rising.length; i++) if (i === 0 || rising[i] !== rising[i - 1]) count++;
  return count;
}

/** A number from `low` up to, but not including, `high`, halfway where that can be written. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  // Plus 0, since −0 would be written to JSON as 0.
  return (middle >= low && middle < high ? middle : low) + 0;
}

/** JSON has no infinities, and an edge beside one would be infinite. */
function clamp(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

/**
 * The bins of some rows of a table.
 * @throws {LearningError} `feature_missing`
 */
export function binTable(features: readonly FeatureBins[], table: FeatureTable, rows: Int32Array): BinnedTable {
  const columns = features.map((feature) =>
    feature.kind === "numeric" ? binNumeric(feature, table, rows) : binCategorical(feature, table, rows),
  );
  return { rows: rows.length, columns };
}

function binNumeric({ name, edges }: NumericBins, table: FeatureTable, rows: Int32Array): Uint8Array {
  const { values } = numericColumn(table, name);
  const rising = Float64Array.from(edges);
  const bins = new Uint8Array(rows.length);
  for (let i = 0; i < bins.length; i++) bins[i] = binOf(values[rows[i]!]!, rising);
  return bins;
}

function binCategorical({ name, categories }: CategoricalBins, table: FeatureTable, rows: Int32Array): Uint8Array {
  const { codes, toKnown } = categoricalColumn(table, name, categories);
  const bins = new Uint8Array(rows.length);
  for (let i = 0; i < bins.length; i++) {
    const code = codes[rows[i]!]!;
    const known = code < 0 ? -1 : toKnown[code]!;
    bins[i] = known < 0 ? categories.length : known;
  }
  return bins;
}

/** The number of edges below a value: its bin. NaN stands in the bin after the last. */
function binOf(value: number, edges: Float64Array): number {
  if (Number.isNaN(value)) return edges.length + 1;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}
