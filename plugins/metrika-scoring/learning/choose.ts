import type { Candidate } from "./candidates.ts";
import { averageLogOdds, logLossOfLogOdds } from "./log-odds.ts";
import { fitLogistic } from "./logistic/fit-logistic.ts";
import { createRandom } from "./random.ts";
import { createRanker, type Learner } from "./ranker.ts";
import { type FeatureTable, pick } from "./table.ts";
import type { FeatureBins } from "./trees/bins.ts";
import { binTable, fitBins } from "./trees/bins.ts";
import { type BinnedExamples, bestTreeCount, boost } from "./trees/boost.ts";

/** A table and what its rows turned out to be: 1 or 0. */
export interface Examples {
  readonly table: FeatureTable;
  readonly labels: Uint8Array;
}

/** Rows to learn from and rows to judge by. */
export interface Fold {
  readonly learn: Int32Array;
  readonly judge: Int32Array;
}

/** A candidate, and how it did on the rows to judge by. */
export interface Trial {
  /** With the number of trees that did best. */
  readonly candidate: Candidate;
  /** Log loss over all folds, each weighted by its rows. */
  readonly loss: number;
}

/** All trials, and the best of them. */
export interface Choice {
  readonly best: Trial;
  readonly trials: readonly Trial[];
  /** The loss of telling everybody the average rate. */
  readonly averageLoss: number;
}

/** So many trees without a better loss end a trial. */
const PATIENCE = 60;

/** Tries each candidate on each fold; the lowest loss wins, of equals the first. */
export function choose(
  examples: Examples,
  folds: readonly Fold[],
  candidates: readonly Candidate[],
  seed: number,
): Choice {
  const binned = candidates.some(({ kind }) => kind === "trees") ? folds.map((fold) => binFold(examples, fold)) : [];
  const trials = candidates.map((candidate): Trial => {
    if (candidate.kind === "logistic") {
      return { candidate, loss: weighted(folds, (fold) => judgeLogistic(examples, fold, candidate.l2)) };
    }
    const curves = binned.map(({ features, learn, judge }) => {
      const { heldOutLoss } = boost(features, learn, candidate, createRandom(seed), { ...judge, patience: PATIENCE });
      return heldOutLoss;
    });
    // Where one fold stopped sooner, all are compared as far as it went.
    const length = Math.min(...curves.map((curve) => curve.length));
    const losses = Array.from({ length }, (_, count) => weighted(folds, (_, fold) => curves[fold]![count]!));
    const count = bestTreeCount(losses);
    // A tree at least, for a model that is found to be no better than chance on its ranking, not on its lack of trees.
    return { candidate: { ...candidate, trees: Math.max(1, count) }, loss: losses[count]! };
  });
  const best = trials.reduce((first, trial) => (trial.loss < first.loss ? trial : first));
  return { best, trials, averageLoss: weighted(folds, (fold) => judgeAverage(examples, fold)) };
}

/**
 * Learns from some rows as a candidate says. Trees are grown in several ensembles from different random numbers, and averaged.
 * @param ensembles 1 for just one; more are steadier and slower
 */
export function learn(
  { table, labels }: Examples,
  rows: Int32Array,
  candidate: Candidate,
  { seed, ensembles }: { readonly seed: number; readonly ensembles: number },
): Learner {
  if (candidate.kind === "logistic") return { kind: "logistic", ...fitLogistic(table, labels, rows, candidate) };
  const features = fitBins(table, rows);
  const examples = { binned: binTable(features, table, rows), labels: pick(labels, rows) };
  const random = createRandom(seed);
  // The rate is divided instead of the leaves: the ensembles' sum is then their average.
  const grown = Array.from({ length: ensembles }, () => boost(features, examples, candidate, random.fork()).ensemble);
  const trees = grown.flatMap((ensemble) =>
    ensemble.trees.map((tree) =>
      tree.map((node) => ("value" in node ? { ...node, value: node.value / ensembles } : node)),
    ),
  );
  return { kind: "trees", start: grown[0]!.start, features, trees };
}

interface BinnedFold {
  readonly features: readonly FeatureBins[];
  readonly learn: BinnedExamples;
  readonly judge: BinnedExamples;
}

function binFold({ table, labels }: Examples, fold: Fold): BinnedFold {
  const features = fitBins(table, fold.learn);
  const part = (rows: Int32Array) => ({ binned: binTable(features, table, rows), labels: pick(labels, rows) });
  return { features, learn: part(fold.learn), judge: part(fold.judge) };
}

function judgeLogistic({ table, labels }: Examples, fold: Fold, l2: number): number {
  const ranker = createRanker({ kind: "logistic", ...fitLogistic(table, labels, fold.learn, { l2 }) });
  return logLossOfLogOdds(ranker.logOdds(table, fold.judge), pick(labels, fold.judge));
}

function judgeAverage({ labels }: Examples, fold: Fold): number {
  const judged = pick(labels, fold.judge);
  return logLossOfLogOdds(new Float64Array(judged.length).fill(averageLogOdds(pick(labels, fold.learn))), judged);
}

/** The mean over folds, each counting by the rows it judges. */
function weighted(folds: readonly Fold[], lossOf: (fold: Fold, index: number) => number): number {
  const rows = folds.reduce((sum, { judge }) => sum + judge.length, 0);
  return folds.reduce((sum, fold, index) => sum + (lossOf(fold, index) * fold.judge.length) / rows, 0);
}
