import type { Candidate } from "./candidates.ts";
import type { Choice } from "./choose.ts";
import { type Importance, importanceOf } from "./metrics/importance.ts";
import { brierScore, calibrationError, logLoss, type ReliabilityBin, reliabilityTable } from "./metrics/probability.ts";
import { averagePrecision, type Decile, liftByDecile, rocAuc, tiesOf } from "./metrics/ranking.ts";
import type { Random } from "./random.ts";
import type { Scorer } from "./scorer.ts";
import { type CategoricalColumn, type FeatureTable, pick } from "./table.ts";
import { isChosen, type Thresholds } from "./thresholds.ts";

/** What the thresholds chose of one group. */
export interface Chosen {
  /** Null is all groups together. */
  readonly group: string | null;
  readonly rows: number;
  readonly chosen: number;
  /** The share of positives among those chosen; null where none was. */
  readonly precision: number | null;
  /** The share of positives that was chosen; null where there are none. */
  readonly recall: number | null;
}

/** One candidate, and its log loss when the model was chosen. */
export interface TrialReport {
  readonly is_best: boolean;
  readonly loss: number;
  readonly options: Readonly<Record<string, string | number>>;
}

/** How good a model is, measured on the latest rows, by which nothing was chosen. */
export interface Report {
  /** The share of positives. */
  readonly base_rate: number;
  readonly roc_auc: number;
  readonly pr_auc: number;
  readonly log_loss: number;
  readonly brier: number;
  /** Mean distance between probability told and rate seen. */
  readonly calibration_error: number;
  readonly lift: readonly Decile[];
  readonly reliability: readonly ReliabilityBin[];
  readonly importance: readonly Importance[];
  readonly chosen: readonly Chosen[];
  /** The loss of telling everybody the average rate, by which the trials can be judged. */
  readonly average_loss: number;
  readonly trials: readonly TrialReport[];
}

/** The rows to report on, which hold positives and others. */
export interface Reported {
  readonly table: FeatureTable;
  readonly labels: Uint8Array;
  readonly groups: CategoricalColumn | null;
  readonly rows: Int32Array;
}

/** Measures a model. */
export function reportOn(
  { table, labels, groups, rows }: Reported,
  scorer: Scorer,
  thresholds: Thresholds,
  choice: Choice,
  random: Random,
): Report {
  const probabilities = scorer.probabilities(table, rows);
  const seen = pick(labels, rows);
  const ties = tiesOf(probabilities, seen);
  const reliability = reliabilityTable(ties);
  const predict = (of: FeatureTable, wanted: Int32Array) => scorer.probabilities(of, wanted);
  return {
    base_rate: seen.reduce((sum, label) => sum + label, 0) / seen.length,
    ...{ roc_auc: rocAuc(ties), pr_auc: averagePrecision(ties) },
    ...{ log_loss: logLoss(probabilities, seen), brier: brierScore(probabilities, seen) },
    ...{ calibration_error: calibrationError(reliability), lift: liftByDecile(ties), reliability },
    importance: importanceOf(predict, table, labels, rows, random),
    chosen: chosenBy(thresholds, probabilities, seen, (index) => groupOf(groups, rows[index]!)),
    average_loss: choice.averageLoss,
    trials: choice.trials.map((trial) => ({
      ...{ is_best: trial === choice.best, loss: trial.loss },
      options: optionsOf(trial.candidate),
    })),
  };
}

function groupOf(groups: CategoricalColumn | null, row: number): string | null {
  return groups?.categories[groups.codes[row]!] ?? null;
}

function chosenBy(
  thresholds: Thresholds,
  probabilities: Float64Array,
  labels: Uint8Array,
  group: (index: number) => string | null,
): readonly Chosen[] {
  const all = { rows: 0, chosen: 0, positives: 0, right: 0 };
  const tallies = new Map([[null as string | null, all]]);
  for (const { group: name } of thresholds.groups) tallies.set(name, { ...all });
  for (const [index, label] of labels.entries()) {
    const own = group(index);
    const chosen = isChosen(thresholds, own, probabilities[index]!) ? 1 : 0;
    for (const name of own === null ? [null] : [null, own]) {
      const tally = tallies.get(name);
      if (tally === undefined) continue;
      tally.rows++;
      tally.chosen += chosen;
      tally.positives += label;
      tally.right += chosen * label;
    }
  }
  return [...tallies].map(([name, { rows, chosen, positives, right }]) => ({
    ...{ group: name, rows, chosen },
    precision: chosen === 0 ? null : right / chosen,
    recall: positives === 0 ? null : right / positives,
  }));
}

/** A candidate as JSON has it: names in snake_case. */
function optionsOf(candidate: Candidate): Readonly<Record<string, string | number>> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(candidate).map(([name, value]) => [snake(name), value]));
}
