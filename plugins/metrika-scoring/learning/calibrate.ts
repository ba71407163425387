import { sigmoid, softplus } from "./log-odds.ts";
import { solveSymmetric } from "./logistic/cholesky.ts";

/** Log-odds z become slope × z + intercept. */
export interface Calibration {
  readonly slope: number;
  readonly intercept: number;
}

const MOST_ITERATIONS = 100;
const FLAT = 1e-10;
/** Draws the slope to 1 and keeps it finite where all log-odds are alike: worth about as much as one example. */
const RIDGE = 1;

/**
 * Platt's scaling of log-odds (J. Platt, 1999), its labels softened as he has it, on rows that the model was not learnt from.
 *
 * Not isotonic regression: its steps tie visits that the model tells apart, it needs some thousand positives where this needs a dozen
 * (A. Niculescu-Mizil and R. Caruana, 2005), and only a straight line leaves the reasons of a prediction adding up to its log-odds.
 * @param labels with at least one of each kind
 */
export function fitCalibration(logOdds: Float64Array, labels: Uint8Array): Calibration {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const [positive, negative] = [(positives + 1) / (positives + 2), 1 / (labels.length - positives + 2)];
  const target = (row: number) => (labels[row] === 1 ? positive : negative);
  const lossOf = (slope: number, intercept: number) => {
    let loss = (RIDGE / 2) * (slope - 1) ** 2;
    for (let row = 0; row < labels.length; row++) {
      const z = slope * logOdds[row]! + intercept;
      loss += softplus(z) - target(row) * z;
    }
    return loss;
  };
  let [slope, intercept] = [1, 0];
  let loss = lossOf(slope, intercept);
  for (let i = 0; i < MOST_ITERATIONS; i++) {
    const step = new Float64Array([RIDGE * (slope - 1), 0]);
    const hessian = new Float64Array([RIDGE, 0, 0, 0]);
    for (let row = 0; row < labels.length; row++) {
      const z = logOdds[row]!;
      const probability = sigmoid(slope * z + intercept);
      const curvature = probability * (1 - probability);
      step[0]! += (probability - target(row)) * z;
      step[1]! += probability - target(row);
      hessian[0]! += curvature * z * z;
      hessian[2]! += curvature * z;
      hessian[3]! += curvature;
    }
    if (Math.max(Math.abs(step[0]!), Math.abs(step[1]!)) <= FLAT * labels.length || !solveSymmetric(hessian, step))
      break;
    let size = 1;
    while (size > 1e-9 && !(lossOf(slope - size * step[0]!, intercept - size * step[1]!) < loss)) size /= 2;
    if (size <= 1e-9) break;
    slope -= size * step[0]!;
    intercept -= size * step[1]!;
    loss = lossOf(slope, intercept);
  }
  return { slope, intercept };
}
