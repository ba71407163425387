import { type FeatureBins, valueBins } from "./bins.ts";
import { type Histogram, SUMS } from "./histogram.ts";
import { FEW_CATEGORIES, type TreeOptions } from "./options.ts";

/** Sums over rows: gradient, hessian, count. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

/** The best way found to part a leaf. */
export interface FoundSplit {
  /** How much the loss falls, times two. */
  readonly gain: number;
  readonly feature: number;
  readonly unknown: "left" | "right";
  readonly how: { readonly up_to_bin: number } | { readonly among_bins: readonly number[] };
  readonly left: Sums;
  readonly right: Sums;
}

/** A leaf's rows in one feature, with what it takes to judge a parting of them. */
interface Judged {
  readonly histogram: Histogram;
  /** Where the feature begins in the histogram. */
  readonly start: number;
  readonly total: Sums;
  readonly options: TreeOptions;
}

type Parting = Omit<FoundSplit, "feature">;

/** Below this a gain is rounding. */
const LEAST_GAIN = 1e-9;

/** The split of a leaf that lowers the loss most, by one of some features; null where none does within the limits. */
export function findSplit(
  histogram: Histogram,
  layout: Int32Array,
  features: readonly FeatureBins[],
  columns: Int32Array,
  total: Sums,
  options: TreeOptions,
): FoundSplit | null {
  let best: FoundSplit | null = null;
  for (const index of columns) {
    const feature = features[index]!;
    const judged = { histogram, start: layout[index]!, total, options };
    const found =
      feature.kind === "numeric"
        ? numericParting(judged, valueBins(feature))
        : categoricalParting(judged, valueBins(feature));
    if (found !== null && found.gain > (best?.gain ?? LEAST_GAIN)) best = { ...found, feature: index };
  }
  return best;
}

/** Newton's value of a leaf: where the quadratic approximation of the loss is lowest. */
export function leafValue({ gradient, hessian }: Sums, l2: number): number {
  const curvature = hessian + l2;
  return curvature > 0 ? -gradient / curvature : 0;
}

function gainOf(gradient: number, hessian: number, l2: number): number {
  const curvature = hessian + l2;
  return curvature > 0 ? (gradient * gradient) / curvature : 0;
}

function numericParting(judged: Judged, bins: number): Parting | null {
  const unknown = sumsAt(judged.histogram, judged.start + SUMS * bins);
  if (unknown.rows === 0) {
    const found = bestThreshold(judged, bins - 1, null);
    // Nothing is known of the unknown here: it follows the crowd.
    return found && { ...found, unknown: found.left.rows >= found.right.rows ? "left" : "right" };
  }
  const right = bestThreshold(judged, bins, null);
  const left = bestThreshold(judged, bins - 1, unknown);
  if (left === null || (right !== null && right.gain >= left.gain)) return right && { ...right, unknown: "right" };
  return { ...left, unknown: "left" };
}

/** The best of the first so many bins to be the last that goes left; `extra` goes left in any case. */
function bestThreshold(
  { histogram, start, total, options }: Judged,
  lastBins: number,
  extra: Sums | null,
): Omit<Parting, "unknown"> | null {
  const { l2, minRows, minHessian } = options;
  const whole = gainOf(total.gradient, total.hessian, l2);
  let gradient = extra?.gradient ?? 0;
  let hessian = extra?.hessian ?? 0;
  let rows = extra?.rows ?? 0;
  let bestGain = LEAST_GAIN;
  let bestBin = -1;
  let left: Sums | null = null;
  for (let bin = 0; bin < lastBins; bin++) {
    const at = start + SUMS * bin;
    const inBin = histogram[at + 2]!;
    // An empty bin changes nothing: the lowest bin with this parting is kept.
    if (inBin === 0) continue;
    gradient += histogram[at]!;
    hessian += histogram[at + 1]!;
    rows += inBin;
    if (total.rows - rows < minRows) break;
    const otherHessian = total.hessian - hessian;
    if (rows < minRows || hessian < minHessian || otherHessian < minHessian) continue;
    const gain = gainOf(gradient, hessian, l2) + gainOf(total.gradient - gradient, otherHessian, l2) - whole;
    if (gain > bestGain) {
      bestGain = gain;
      bestBin = bin;
      left = { gradient, hessian, rows };
    }
  }
  return left && { gain: bestGain, how: { up_to_bin: bestBin }, left, right: minus(total, left) };
}

/**
 * Categories in the order of their gradient to hessian: the best parting by a convex loss is one of this order's (W. D. Fisher, 1958,
 * On Grouping for Maximum Homogeneity), so trying each of them, one against the rest included, is trying all. Rare ones stay right.
 */
function categoricalParting({ histogram, start, total, options }: Judged, categories: number): Parting | null {
  const { minRows, minHessian, minCategoryRows, categoryL2 } = options;
  const order: number[] = [];
  // The unknown is a category like others, where it has rows.
  for (let bin = 0; bin <= categories; bin++) {
    if (histogram[start + SUMS * bin + 2]! >= minCategoryRows) order.push(bin);
  }
  const keyOf = (bin: number) =>
    histogram[start + SUMS * bin]! / (histogram[start + SUMS * bin + 1]! + minCategoryRows);
  order.sort((a, b) => keyOf(a) - keyOf(b) || a - b);
  const l2 = options.l2 + (order.length > FEW_CATEGORIES ? categoryL2 : 0);
  const whole = gainOf(total.gradient, total.hessian, l2);
  let left: Sums = { gradient: 0, hessian: 0, rows: 0 };
  let best: { gain: number; count: number; left: Sums } | null = null;
  for (const [index, bin] of order.entries()) {
    left = plus(left, sumsAt(histogram, start + SUMS * bin));
    const right = minus(total, left);
    if (right.rows < minRows) break;
    if (left.rows < minRows || left.hessian < minHessian || right.hessian < minHessian) continue;
    const gain = gainOf(left.gradient, left.hessian, l2) + gainOf(right.gradient, right.hessian, l2) - whole;
    if (gain > (best?.gain ?? LEAST_GAIN)) best = { gain, count: index + 1, left };
  }
  if (best === null) return null;
  const among = order.slice(0, best.count);
  const right = minus(total, best.left);
  const isUnknownSeen = histogram[start + SUMS * categories + 2]! > 0;
  const isUnknownLeft = isUnknownSeen ? among.includes(categories) : best.left.rows >= right.rows;
  return {
    ...{ gain: best.gain, left: best.left, right, unknown: isUnknownLeft ? "left" : "right" },
    how: { among_bins: among.filter((bin) => bin !== categories).sort((a, b) => a - b) },
  };
}

function sumsAt(histogram: Histogram, at: number): Sums {
  return { gradient: histogram[at]!, hessian: histogram[at + 1]!, rows: histogram[at + 2]! };
}

function plus(a: Sums, b: Sums): Sums {
  return { gradient: a.gradient + b.gradient, hessian: a.hessian + b.hessian, rows: a.rows + b.rows };
}

function minus(a: Sums, b: Sums): Sums {
  return { gradient: a.gradient - b.gradient, hessian: a.hessian - b.hessian, rows: a.rows - b.rows };
}
