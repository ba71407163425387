import { type Calibration, fitCalibration } from "./calibrate.ts";
import { type Candidate, defaultCandidates } from "./candidates.ts";
import { choose, learn } from "./choose.ts";
import { LearningError } from "./learning-error.ts";
import { rocAuc, rocAucByChance, type Tie, tiesOf } from "./metrics/ranking.ts";
import type { Model, Part } from "./model-schema.ts";
import { createRandom } from "./random.ts";
import { createRanker } from "./ranker.ts";
import { reportOn } from "./report.ts";
import { createScorer } from "./scorer.ts";
import { cutByTime, splitByTime, type TimeShares } from "./split-by-time.ts";
import { type CategoricalColumn, checkLength, type FeatureTable, featureTable, pick } from "./table.ts";
import { type Aim, fitThresholds, type GroupNeeds } from "./thresholds.ts";

/** Visits, and what came of them. */
export interface TrainingSet {
  readonly table: FeatureTable;
  /** 1 where the goal was reached, else 0. */
  readonly labels: Uint8Array;
  /** When each visit was: milliseconds since 1970 in UTC. */
  readonly times: Float64Array;
  /** What thresholds are made by, the device mostly; null makes one for all. */
  readonly groups: CategoricalColumn | null;
}

/** Positives, and others, that each part must have. */
export type LeastExamples = Readonly<Record<"train" | "validate" | "calibrate" | "report", number>>;

/** How a model is made. Only `aim` and `seed` have no value of their own. */
export interface TrainingOptions {
  readonly aim: Aim;
  /** A whole number: the same visits and seed give the same model, byte for byte. */
  readonly seed: number;
  readonly shares: TimeShares;
  /** The share of the part learnt from that comes first; the later rest says which candidate is best. */
  readonly innerShare: number;
  readonly candidates: readonly Candidate[];
  /** Ensembles of trees that are averaged. */
  readonly ensembles: number;
  readonly least: LeastExamples;
  readonly groupNeeds: GroupNeeds;
}

/** A model from fewer positives is chance. */
export const defaultTraining: Omit<TrainingOptions, "aim" | "seed"> = {
  shares: { train: 0.6, calibrate: 0.2 },
  innerShare: 0.75,
  candidates: defaultCandidates,
  ensembles: 5,
  least: { train: 100, validate: 20, calibrate: 30, report: 30 },
  groupNeeds: { rows: 200, positives: 20 },
};

/**
 * Makes a model and measures it. Time divides the visits: the earliest are learnt from, the next calibrate it and set its thresholds, the
 * latest are only reported on, as the model will meet only visits later than its own. Which candidate is best is asked of the later
 * visits among those learnt from; it then learns from all of these.
 * @throws {LearningError} of a set that contradicts itself: `lengths_differ`, `label_not_binary`, `time_unknown`; of one that teaches
 *   nothing: `too_few_positives`, `too_few_negatives`, `nothing_learnt`; of an aim that cannot be met: `precision_out_of_reach`; of
 *   options: `option_out_of_range`, `aim_out_of_range`
 */
export function train(
  set: TrainingSet,
  options: Pick<TrainingOptions, "aim" | "seed"> & Partial<TrainingOptions>,
): Model {
  const { aim, seed, shares, innerShare, candidates, ensembles, least, groupNeeds } = {
    ...defaultTraining,
    ...options,
  };
  const { table, labels, times, groups } = set;
  if (!Number.isSafeInteger(seed)) {
    throw new LearningError("option_out_of_range", { option: "seed", value: seed, range: "a whole number" });
  }
  checkSet(set);
  const parts = splitByTime(times, shares);
  const [early, late] = cutByTime(parts.train, times, innerShare);
  for (const [part, rows] of Object.entries({ ...parts, validate: late })) checkPart(part, pick(labels, rows), least);

  const choice = choose(set, [{ learn: early, judge: late }], candidates, seed);
  const learner = learn(set, parts.train, choice.best.candidate, { seed, ensembles });

  const seen = pick(labels, parts.calibrate);
  const logOdds = createRanker(learner).logOdds(table, parts.calibrate);
  const calibration = fitCalibration(logOdds, seen);
  checkRanking(tiesOf(logOdds, seen), calibration);
  const scorer = createScorer({ learner, calibration });
  const probabilities = scorer.probabilities(table, parts.calibrate);
  const judged = { probabilities, labels: seen, groups: groups && rowsOfGroups(groups, parts.calibrate) };
  const thresholds = fitThresholds(judged, aim, groupNeeds);

  const reported = { table, labels, groups, rows: parts.report };
  return {
    ...{ kind: "visit_scoring_model", format: 1, seed, learner, calibration, thresholds },
    parts: {
      train: describe(parts.train, set),
      calibrate: describe(parts.calibrate, set),
      report: describe(parts.report, set),
    },
    report: reportOn(reported, scorer, thresholds, choice, createRandom(seed)),
  };
}

function checkSet({ table, labels, times, groups }: TrainingSet): void {
  checkLength("labels", labels.length, table.rows);
  checkLength("times", times.length, table.rows);
  if (groups !== null) {
    checkLength(groups.name, groups.codes.length, table.rows);
    // For its check of codes.
    featureTable([groups]);
  }
  const row = labels.findIndex((label) => label > 1);
  if (row >= 0) throw new LearningError("label_not_binary", { row, value: labels[row]! });
}

function checkPart(part: string, labels: Uint8Array, least: Readonly<Record<string, number>>): void {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const needed = Math.max(1, least[part] ?? 1);
  if (positives < needed) throw new LearningError("too_few_positives", { part, found: positives, needed });
  const negatives = labels.length - positives;
  if (negatives < needed) throw new LearningError("too_few_negatives", { part, found: negatives, needed });
}

/** Refuses what is as good as chance on visits that were not learnt from, or ranks them the wrong way round. */
function checkRanking(ties: readonly Tie[], { slope }: Calibration): void {
  const [found, needed] = [rocAuc(ties), rocAucByChance(ties)];
  if (found >= needed && slope > 0) return;
  throw new LearningError("nothing_learnt", { found: found.toFixed(3), needed: needed.toFixed(3) });
}

function rowsOfGroups(groups: CategoricalColumn, rows: Int32Array): CategoricalColumn {
  return { ...groups, codes: rows.map((row) => groups.codes[row]!) };
}

/** @param rows in the order of time, at least one */
function describe(rows: Int32Array, { labels, times }: TrainingSet): Part {
  const instant = (row: number | undefined) => new Date(times[row!]!).toISOString();
  const positives = pick(labels, rows).reduce((sum, label) => sum + label, 0);
  return { from: instant(rows[0]), to: instant(rows.at(-1)), rows: rows.length, positives };
}
