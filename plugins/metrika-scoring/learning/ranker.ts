import type { LogisticModel } from "./logistic/fit-logistic.ts";
import { explainLogistic, scoreLogistic } from "./logistic/score-logistic.ts";
import type { FeatureTable } from "./table.ts";
import { binTable } from "./trees/bins.ts";
import { type Contributions, explainTrees } from "./trees/explain-trees.ts";
import type { TreeEnsemble } from "./trees/tree.ts";
import { layOut, scoreTrees } from "./trees/walk.ts";

/** What ranks visits, before calibration. */
export type Learner = ({ readonly kind: "trees" } & TreeEnsemble) | ({ readonly kind: "logistic" } & LogisticModel);

/** A learner ready for use. */
export interface Ranker {
  /** Names of the features, in the order of contributions. */
  readonly features: readonly string[];
  /**
   * Log-odds of some rows, uncalibrated.
   * @throws {LearningError} `feature_missing`
   */
  logOdds(table: FeatureTable, rows: Int32Array): Float64Array;
  /**
   * What makes up the log-odds of one row.
   * @throws {LearningError} `feature_missing`
   */
  explain(table: FeatureTable, row: number): Contributions;
}

/** Makes a learner ready for use. */
export function createRanker(learner: Learner): Ranker {
  const features = learner.features.map(({ name }) => name);
  if (learner.kind === "logistic") {
    return {
      features,
      logOdds: (table, rows) => scoreLogistic(learner, table, rows),
      explain: (table, row) => explainLogistic(learner, table, row),
    };
  }
  const trees = layOut(learner.features, learner.trees);
  return {
    features,
    logOdds: (table, rows) => scoreTrees(learner, trees, binTable(learner.features, table, rows)),
    explain: (table, row) => explainTrees(learner, trees, binTable(learner.features, table, Int32Array.of(row)), 0),
  };
}
