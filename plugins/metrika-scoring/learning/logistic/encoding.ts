import {
  type CategoricalColumn,
  categoricalColumn,
  type FeatureTable,
  frequentCategories,
  type NumericColumn,
  numericColumn,
} from "../table.ts";

/** How a number enters the sum: on a logarithm's scale where it is skewed, then in deviations from its mean. */
export interface NumericEncoding {
  readonly kind: "numeric";
  readonly name: string;
  /** x becomes sign(x) × ln(1 + |x| / scale); null leaves it as it is. */
  readonly log_scale: number | null;
  /** The range of values learnt from; what lies outside counts as its nearer end. */
  readonly low: number;
  readonly high: number;
  /** Of the values learnt from, on the scale above. */
  readonly mean: number;
  readonly deviation: number;
}

/** A category enters the sum by a weight of its own. */
export interface CategoricalEncoding {
  readonly kind: "categorical";
  readonly name: string;
  readonly categories: readonly string[];
}

export type Encoding = NumericEncoding | CategoricalEncoding;

/**
 * Rows as the sum sees them. Each feature gives a row exactly one term, weight × value, whose weight is one of the feature's own: that of
 * the number or of the unknown; that of the category or of the unknown, which stands for rare ones too.
 */
export interface EncodedColumn {
  /** Which of the feature's weights, 0 being the first. The last is the unknown's. */
  readonly weights: Uint8Array;
  readonly values: Float64Array;
}

const CATEGORY_LIMITS = { atLeastRows: 10, atMost: 100 };
/** Skewness above which a logarithm is taken: that of an exponential distribution is 2, of a symmetric one 0. */
const SKEWED = 1;
/** A scale's decades; beyond so many times the scale values are as good as infinite. */
const WIDEST = 1e9;

/** Weights that a feature has. */
export function weightCount(encoding: Encoding): number {
  return encoding.kind === "numeric" ? 2 : encoding.categories.length + 1;
}

/** Learns from some rows how each feature is encoded. */
export function fitEncodings(table: FeatureTable, rows: Int32Array): readonly Encoding[] {
  return table.columns.map((column) =>
    column.kind === "numeric" ? fitNumeric(column, rows) : fitCategorical(column, rows),
  );
}

function fitCategorical(column: CategoricalColumn, rows: Int32Array): CategoricalEncoding {
  return { kind: "categorical", name: column.name, categories: frequentCategories(column, rows, CATEGORY_LIMITS) };
}

function fitNumeric({ name, values }: NumericColumn, rows: Int32Array): NumericEncoding {
  const rising = Float64Array.from(rows, (row) => values[row]!)
    .filter((value) => !Number.isNaN(value))
    .sort();
  if (rising.length === 0) return { kind: "numeric", name, log_scale: null, low: 0, high: 0, mean: 0, deviation: 1 };
  const logScale = isSkewed(rising) ? scaleOf(rising) : null;
  const farthest = logScale === null ? Number.MAX_VALUE : Math.min(Number.MAX_VALUE, logScale * WIDEST);
  // Plus 0, since −0 would be written to JSON as 0.
  const reachable = (value: number) => Math.max(-farthest, Math.min(farthest, value)) + 0;
  const range = { log_scale: logScale, low: reachable(rising[0]!), high: reachable(rising.at(-1)!) };
  const { mean, deviation } = momentsOf(rising.map((value) => rescale(range, value)));
  return { kind: "numeric", name, ...range, mean, deviation: deviation > 0 ? deviation : 1 };
}

/** Skewed, or so large that its moments cannot be told. */
function isSkewed(values: Float64Array): boolean {
  const { deviation, skewness } = momentsOf(values);
  return deviation > 0 || Number.isNaN(deviation) ? !(Math.abs(skewness) <= SKEWED) : false;
}

/** The value that a tenth of the distances from zero do not reach, zero itself left out. */
function scaleOf(values: Float64Array): number {
  const distances = values
    .map(Math.abs)
    .filter((value) => value > 0)
    .sort();
  return Math.min(Number.MAX_VALUE, distances[Math.floor(distances.length / 10)] ?? 1);
}

function momentsOf(values: Float64Array) {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i]! / values.length;
  let square = 0;
  let cube = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = values[i]! - mean;
    square += (distance * distance) / values.length;
    cube += (distance * distance * distance) / values.length;
  }
  return { mean, deviation: Math.sqrt(square), skewness: cube / square ** 1.5 };
}

function rescale({ log_scale, low, high }: Pick<NumericEncoding, "log_scale" | "low" | "high">, value: number): number {
  const inside = Math.max(low, Math.min(high, value));
  return log_scale === null ? inside : Math.sign(inside) * Math.log1p(Math.abs(inside) / log_scale);
}

/**
 * The terms of some rows of a table, a column a feature.
 * @throws {LearningError} `feature_missing`
 */
export function encode(
  encodings: readonly Encoding[],
  table: FeatureTable,
  rows: Int32Array,
): readonly EncodedColumn[] {
  return encodings.map((encoding) =>
    encoding.kind === "numeric" ? encodeNumeric(encoding, table, rows) : encodeCategorical(encoding, table, rows),
  );
}

function encodeNumeric(encoding: NumericEncoding, table: FeatureTable, rows: Int32Array): EncodedColumn {
  const { values } = numericColumn(table, encoding.name);
  const column = { weights: new Uint8Array(rows.length), values: new Float64Array(rows.length).fill(1) };
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!;
    if (Number.isNaN(value)) column.weights[i] = 1;
    else column.values[i] = (rescale(encoding, value) - encoding.mean) / encoding.deviation;
  }
  return column;
}

function encodeCategorical(
  { name, categories }: CategoricalEncoding,
  table: FeatureTable,
  rows: Int32Array,
): EncodedColumn {
  const { codes, toKnown } = categoricalColumn(table, name, categories);
  const column = { weights: new Uint8Array(rows.length), values: new Float64Array(rows.length).fill(1) };
  for (let i = 0; i < rows.length; i++) {
    const code = codes[rows[i]!]!;
    const known = code < 0 ? -1 : toKnown[code]!;
    column.weights[i] = known < 0 ? categories.length : known;
  }
  return column;
}
