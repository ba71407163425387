import type { Tie } from "./ranking.ts";

/** Mean squared distance of the probability from what was seen (0 or 1); 0 is perfect. NaN for no rows. */
export function brierScore(probabilities: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum += (probabilities[row]! - labels[row]!) ** 2;
  return sum / labels.length;
}

/** The least probability that a loss is computed of: 2^−52, as scikit-learn's `log_loss` has it. */
const LEAST_PROBABILITY = Number.EPSILON;

/** Mean of −ln(probability of what was seen); 0 is perfect. NaN for no rows. */
export function logLoss(probabilities: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const probability = labels[row] === 1 ? probabilities[row]! : 1 - probabilities[row]!;
    sum -= Math.log(Math.max(LEAST_PROBABILITY, probability));
  }
  return sum / labels.length;
}

/** Rows of neighbouring predictions: what was told of them, and what was seen. */
export interface ReliabilityBin {
  readonly rows: number;
  /** Mean probability told. */
  readonly predicted: number;
  /** Share of positives seen. */
  readonly observed: number;
}

/** How far told probabilities agree with what was seen, in up to ten parts of about equally many rows; a tie is never divided. */
export function reliabilityTable(ties: readonly Tie[], parts = 10): readonly ReliabilityBin[] {
  const total = ties.reduce((sum, { rows }) => sum + rows, 0);
  const bins: ReliabilityBin[] = [];
  let [rows, told, seen, passed] = [0, 0, 0, 0];
  for (const tie of ties) {
    rows += tie.rows;
    told += tie.rows * tie.prediction;
    seen += tie.positives;
    passed += tie.rows;
    if (passed * parts < (bins.length + 1) * total) continue;
    bins.push({ rows, predicted: told / rows, observed: seen / rows });
    [rows, told, seen] = [0, 0, 0];
  }
  return bins;
}

/** Mean distance between told and seen over a reliability table's rows; 0 is perfect. */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  return bins.reduce((sum, bin) => sum + Math.abs(bin.predicted - bin.observed) * bin.rows, 0) / rows;
}
