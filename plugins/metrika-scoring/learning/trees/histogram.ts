import { type BinnedTable, type FeatureBins, valueBins } from "./bins.ts";

/**
 * Sums over the rows of a leaf, for each bin of each feature: gradient, hessian and rows, side by side. A feature's bins of values come
 * first, then the bin of the unknown.
 */
export type Histogram = Float64Array;

/** Numbers kept for each bin. */
export const SUMS = 3;

/** Where in a histogram each feature begins; one entry more tells its length. */
export function histogramLayout(features: readonly FeatureBins[]): Int32Array {
  const starts = new Int32Array(features.length + 1);
  for (const [index, feature] of features.entries())
    starts[index + 1] = starts[index]! + SUMS * (valueBins(feature) + 1);
  return starts;
}

/** First and second derivatives of the loss by the log-odds, one of each a row. */
export interface Derivatives {
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
}

/**
 * Makes a filler of histograms from some rows and features. Its innermost loop is where learning spends its time. Of a million rows and
 * 20 features it takes some 3 ns for each row and feature, down to leaves of a twentieth of the rows; read row by row, with the
 * features of a row side by side, 4 ns, and three times that in such leaves, whose rows lie far apart (measured).
 */
export function createHistogramFiller(layout: Int32Array, binned: BinnedTable) {
  // The derivatives of the leaf's rows side by side, gathered once for all features.
  const gradients = new Float64Array(binned.rows);
  const hessians = new Float64Array(binned.rows);
  return (histogram: Histogram, rows: Int32Array, columns: Int32Array, derivatives: Derivatives): void => {
    const count = rows.length;
    for (let i = 0; i < count; i++) {
      gradients[i] = derivatives.gradients[rows[i]!]!;
      hessians[i] = derivatives.hessians[rows[i]!]!;
    }
    histogram.fill(0);
    for (const column of columns) {
      addColumn(histogram, layout[column]!, binned.columns[column]!, rows, gradients, hessians);
    }
  };
}

function addColumn(
  histogram: Histogram,
  start: number,
  bins: Uint8Array,
  rows: Int32Array,
  gradients: Float64Array,
  hessians: Float64Array,
): void {
  const count = rows.length;
  for (let i = 0; i < count; i++) {
    const at = start + SUMS * bins[rows[i]!]!;
    histogram[at]! += gradients[i]!;
    histogram[at + 1]! += hessians[i]!;
    histogram[at + 2]! += 1;
  }
}

/** Takes a child's histogram out of its parent's, which leaves the other child's: only the smaller child is ever counted. */
export function subtractHistogram(parent: Histogram, child: Histogram): void {
  for (let i = 0; i < parent.length; i++) parent[i]! -= child[i]!;
}
