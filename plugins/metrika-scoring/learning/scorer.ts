import type { Calibration } from "./calibrate.ts";
import { sigmoid } from "./log-odds.ts";
import { createRanker, type Learner } from "./ranker.ts";
import type { Column, FeatureTable } from "./table.ts";

/** What one feature had to do with a prediction. */
export interface Reason {
  readonly feature: string;
  /** The visit's own: a number, a category, or null for unknown. */
  readonly value: number | string | null;
  /** What it adds to the log-odds against the average visit; below 0 it speaks against. */
  readonly log_odds: number;
}

/** A prediction with its reasons: `base_log_odds` and those of all reasons add up to its `log_odds`. */
export interface Explanation {
  readonly probability: number;
  readonly log_odds: number;
  /** What the model says of the average visit it was learnt from. */
  readonly base_log_odds: number;
  /** Of all features, the weightiest first. */
  readonly reasons: readonly Reason[];
}

/** Scores visits by a model. Columns are found by their names; others in the table are left alone. */
export interface Scorer {
  /**
   * The probability of a positive label for each of some rows.
   * @throws {LearningError} `feature_missing`
   */
  probabilities(table: FeatureTable, rows: Int32Array): Float64Array;
  /**
   * Why a row has its probability.
   * @throws {LearningError} `feature_missing`
   */
  explain(table: FeatureTable, row: number): Explanation;
}

/** Makes a model ready for use. */
export function createScorer(model: { readonly learner: Learner; readonly calibration: Calibration }): Scorer {
  const { slope, intercept } = model.calibration;
  const ranker = createRanker(model.learner);
  const logOddsOf = (table: FeatureTable, rows: Int32Array) =>
    ranker.logOdds(table, rows).map((logOdds) => slope * logOdds + intercept);
  return {
    probabilities: (table, rows) => logOddsOf(table, rows).map(sigmoid),
    explain(table, row) {
      const [logOdds] = logOddsOf(table, Int32Array.of(row));
      const { base, contributions } = ranker.explain(table, row);
      const reasons = ranker.features.map((feature, index): Reason => {
        const column = table.columns.find(({ name }) => name === feature);
        return { feature, value: column ? valueIn(column, row) : null, log_odds: slope * contributions[index]! };
      });
      return {
        ...{ probability: sigmoid(logOdds!), log_odds: logOdds!, base_log_odds: slope * base + intercept },
        reasons: reasons.sort((a, b) => Math.abs(b.log_odds) - Math.abs(a.log_odds)),
      };
    },
  };
}

function valueIn(column: Column, row: number): number | string | null {
  if (column.kind === "categorical") return column.categories[column.codes[row]!] ?? null;
  const value = column.values[row]!;
  return Number.isNaN(value) ? null : value;
}
