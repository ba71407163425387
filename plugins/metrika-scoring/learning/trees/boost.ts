import { averageLogOdds, logLossOfLogOdds, sigmoid } from "../log-odds.ts";
import type { Random } from "../random.ts";
import { allRows } from "../table.ts";
import type { BinnedTable, FeatureBins } from "./bins.ts";
import { createTreeGrower } from "./grow-tree.ts";
import type { Derivatives } from "./histogram.ts";
import { type BoostingOptions, checkBoosting } from "./options.ts";
import type { Tree, TreeEnsemble } from "./tree.ts";
import { layOut, leafOf } from "./walk.ts";

/** Binned rows and their labels (0 or 1). */
export interface BinnedExamples {
  readonly binned: BinnedTable;
  readonly labels: Uint8Array;
}

/** Rows held out, which say when to stop. */
export interface HeldOut extends BinnedExamples {
  /** So many trees in a row that lower no loss end the growing. */
  readonly patience: number;
}

/** An ensemble and what the rows held out said of it. */
export interface Boosted {
  readonly ensemble: TreeEnsemble;
  /** Log loss on the rows held out: of the start alone, then after each tree. Empty without such rows. */
  readonly heldOutLoss: readonly number[];
}

/**
 * Gradient boosting for log loss (J. Friedman, 2001) with Newton's leaves and histograms, as in LightGBM and scikit-learn's histogram
 * gradient boosting. The same examples, options and random numbers give the same trees.
 * @throws {LearningError} `option_out_of_range`
 */
export function boost(
  features: readonly FeatureBins[],
  { binned, labels }: BinnedExamples,
  options: BoostingOptions,
  random: Random,
  heldOut?: HeldOut,
): Boosted {
  checkBoosting(options);
  const grower = createTreeGrower(features, binned, options);
  const start = averageLogOdds(labels);
  const scores = new Float64Array(binned.rows).fill(start);
  const derivatives = { gradients: new Float64Array(binned.rows), hessians: new Float64Array(binned.rows) };
  const watch = heldOut && createWatch(heldOut, start);
  const trees: Tree[] = [];
  while (trees.length < options.trees) {
    derive(scores, labels, derivatives);
    const rows = drawRows(binned.rows, options.rowShare, random);
    const columns = drawColumns(features.length, options.columnShare, random);
    const tree = grower.grow(derivatives, rows, columns, options.rate);
    trees.push(tree);
    addTree(features, tree, binned, scores);
    if (watch && !watch.goesOn((held) => addTree(features, tree, held.binned, held.scores))) break;
    // A root alone, with every row and column in sight, will not split next time either.
    if (tree.length === 1 && options.rowShare === 1 && options.columnShare === 1) break;
  }
  return { ensemble: { start, features, trees }, heldOutLoss: watch?.losses ?? [] };
}

/** The tree count with the lowest loss; `losses` as {@link Boosted.heldOutLoss}, never empty. */
export function bestTreeCount(losses: readonly number[]): number {
  return losses.indexOf(Math.min(...losses));
}

function derive(scores: Float64Array, labels: Uint8Array, { gradients, hessians }: Derivatives): void {
  for (let row = 0; row < scores.length; row++) {
    const probability = sigmoid(scores[row]!);
    gradients[row] = probability - labels[row]!;
    hessians[row] = probability * (1 - probability);
  }
}

function addTree(features: readonly FeatureBins[], tree: Tree, binned: BinnedTable, scores: Float64Array): void {
  const walkable = layOut(features, [tree]);
  for (let row = 0; row < binned.rows; row++) scores[row]! += walkable.values[leafOf(walkable, 0, binned, row)]!;
}

/** Each row with the given chance, in order. */
function drawRows(count: number, share: number, random: Random): Int32Array {
  if (share === 1) return allRows(count);
  const drawn = new Int32Array(count);
  let length = 0;
  for (let row = 0; row < count; row++) if (random.next() < share) drawn[length++] = row;
  return drawn.subarray(0, length);
}

/** The given share of the columns, rounded up, in order: each set of this size is equally likely. */
function drawColumns(count: number, share: number, random: Random): Int32Array {
  let wanted = Math.ceil(count * share);
  const drawn: number[] = [];
  for (let column = 0; column < count; column++) {
    if (random.next() * (count - column) >= wanted) continue;
    drawn.push(column);
    wanted--;
  }
  return Int32Array.from(drawn);
}

interface Watched {
  readonly binned: BinnedTable;
  readonly scores: Float64Array;
}

function createWatch({ binned, labels, patience }: HeldOut, start: number) {
  const scores = new Float64Array(binned.rows).fill(start);
  const losses = [logLossOfLogOdds(scores, labels)];
  return {
    losses,
    goesOn(add: (held: Watched) => void): boolean {
      add({ binned, scores });
      losses.push(logLossOfLogOdds(scores, labels));
      return losses.length - 1 - bestTreeCount(losses) < patience;
    },
  };
}
