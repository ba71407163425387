import { LearningError } from "../learning-error.ts";
import { averageLogOdds, sigmoid, softplus } from "../log-odds.ts";
import { type FeatureTable, pick } from "../table.ts";
import { solveSymmetric } from "./cholesky.ts";
import { type EncodedColumn, type Encoding, encode, fitEncodings, weightCount } from "./encoding.ts";

/** How a sum of weights is learnt. */
export interface LogisticOptions {
  /** Weight of the squared weights against the summed loss: scikit-learn's 1 / C. More than 0, which makes the best weights unique. */
  readonly l2: number;
}

/** What a feature adds to the log-odds. */
export type WeightedFeature = Encoding & {
  /** One for each of {@link weightCount}. */
  readonly weights: readonly number[];
  /** What it adds on average over the rows learnt from. */
  readonly average: number;
};

/** A logistic regression. */
export interface LogisticModel {
  /** The log-odds before any feature. */
  readonly start: number;
  readonly features: readonly WeightedFeature[];
  readonly l2: number;
  /** Newton's steps taken, and whether the last one found nothing left to do. */
  readonly iterations: number;
  readonly converged: boolean;
}

const MOST_ITERATIONS = 50;
const MOST_HALVINGS = 30;
/** The steepest slope of the mean loss that counts as its bottom; and as its bottom where rounding hides what is left. */
const FLAT = 1e-9;
const NEARLY_FLAT = 1e-6;

/** The problem: terms of each row, labels, and where each feature's weights begin among all (0 is the start). */
interface Problem {
  readonly columns: readonly EncodedColumn[];
  readonly labels: Uint8Array;
  readonly firsts: readonly number[];
  readonly size: number;
  readonly l2: number;
}

/**
 * Logistic regression with L2 by Newton's method, each step halved until it lowers the loss. The start is not shrunk. The same examples
 * give the same weights.
 * @throws {LearningError} `option_out_of_range`
 */
export function fitLogistic(
  table: FeatureTable,
  labels: Uint8Array,
  rows: Int32Array,
  { l2 }: LogisticOptions,
): LogisticModel {
  if (!(l2 > 0)) throw new LearningError("option_out_of_range", { option: "l2", value: l2, range: "> 0" });
  const encodings = fitEncodings(table, rows);
  const columns = encode(encodings, table, rows);
  const firsts: number[] = [];
  let size = 1;
  for (const encoding of encodings) {
    firsts.push(size);
    size += weightCount(encoding);
  }
  const { weights, iterations, converged } = minimise({ columns, labels: pick(labels, rows), firsts, size, l2 });
  const features = encodings.map((encoding, index) => {
    const own = [...weights.subarray(firsts[index], firsts[index]! + weightCount(encoding))];
    return { ...encoding, weights: own, average: averageTerm(columns[index]!, own) };
  });
  return { start: weights[0]!, features, l2, iterations, converged };
}

/** Log-odds of each row from the terms of its features. */
export function sumTerms(
  start: number,
  columns: readonly EncodedColumn[],
  weightsOf: (feature: number) => ArrayLike<number>,
  rows: number,
): Float64Array {
  const sums = new Float64Array(rows).fill(start);
  for (const [feature, { weights, values }] of columns.entries()) {
    const own = weightsOf(feature);
    for (let row = 0; row < rows; row++) sums[row]! += own[weights[row]!]! * values[row]!;
  }
  return sums;
}

function averageTerm({ weights, values }: EncodedColumn, own: readonly number[]): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += own[weights[row]!]! * values[row]!;
  return values.length === 0 ? 0 : sum / values.length;
}

function minimise(problem: Problem) {
  const weights = new Float64Array(problem.size);
  weights[0] = averageLogOdds(problem.labels);
  let logOdds = logOddsOf(problem, weights);
  let loss = lossOf(problem, weights, logOdds);
  let iterations = 0;
  while (iterations < MOST_ITERATIONS) {
    const { gradient, hessian } = derive(problem, weights, logOdds);
    const slope = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const steepest = slope / Math.max(1, problem.labels.length);
    if (steepest <= FLAT) return { weights, iterations, converged: true };
    iterations++;
    const step = gradient;
    if (!solveSymmetric(hessian, step)) break;
    let size = 1;
    let halvings = 0;
    for (; halvings < MOST_HALVINGS; halvings++, size /= 2) {
      const tried = weights.map((weight, index) => weight - size * step[index]!);
      const triedLogOdds = logOddsOf(problem, tried);
      const triedLoss = lossOf(problem, tried, triedLogOdds);
      if (!(triedLoss < loss)) continue;
      weights.set(tried);
      [logOdds, loss] = [triedLogOdds, triedLoss];
      break;
    }
    if (halvings === MOST_HALVINGS) return { weights, iterations, converged: steepest <= NEARLY_FLAT };
  }
  return { weights, iterations, converged: false };
}

function logOddsOf({ columns, firsts, labels }: Problem, weights: Float64Array): Float64Array {
  return sumTerms(weights[0]!, columns, (feature) => weights.subarray(firsts[feature]), labels.length);
}

function lossOf({ labels, l2 }: Problem, weights: Float64Array, logOdds: Float64Array): number {
  let loss = 0;
  for (let row = 0; row < labels.length; row++) loss += softplus(labels[row] === 1 ? -logOdds[row]! : logOdds[row]!);
  for (let i = 1; i < weights.length; i++) loss += (l2 / 2) * weights[i]! ** 2;
  return loss;
}

function derive({ columns, labels, firsts, size, l2 }: Problem, weights: Float64Array, logOdds: Float64Array) {
  const gradient = weights.map((weight, index) => (index === 0 ? 0 : l2 * weight));
  const hessian = new Float64Array(size * size);
  for (let i = 1; i < size; i++) hessian[i * size + i] = l2;
  // A row has one term of each feature, and so touches few of the squares.
  const at = new Int32Array(columns.length + 1);
  const values = new Float64Array(columns.length + 1).fill(1);
  for (let row = 0; row < labels.length; row++) {
    for (let feature = 0; feature < columns.length; feature++) {
      const column = columns[feature]!;
      at[feature + 1] = firsts[feature]! + column.weights[row]!;
      values[feature + 1] = column.values[row]!;
    }
    const probability = sigmoid(logOdds[row]!);
    const curvature = probability * (1 - probability);
    for (let a = 0; a < at.length; a++) {
      gradient[at[a]!]! += (probability - labels[row]!) * values[a]!;
      const scaled = curvature * values[a]!;
      for (let b = 0; b <= a; b++) hessian[at[a]! * size + at[b]!]! += scaled * values[b]!;
    }
  }
  return { gradient, hessian };
}
