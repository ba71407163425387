import type { FeatureTable } from "../table.ts";
import type { Contributions } from "../trees/explain-trees.ts";
import { encode } from "./encoding.ts";
import { type LogisticModel, sumTerms } from "./fit-logistic.ts";

/**
 * The log-odds of some rows.
 * @throws {LearningError} `feature_missing`
 */
export function scoreLogistic({ start, features }: LogisticModel, table: FeatureTable, rows: Int32Array): Float64Array {
  return sumTerms(start, encode(features, table, rows), (feature) => features[feature]!.weights, rows.length);
}

/**
 * What each feature adds to a row's log-odds beyond what it adds on average: the Shapley values of a sum.
 * @throws {LearningError} `feature_missing`
 */
export function explainLogistic({ start, features }: LogisticModel, table: FeatureTable, row: number): Contributions {
  const columns = encode(features, table, Int32Array.of(row));
  const contributions = Float64Array.from(features, ({ weights, average }, index) => {
    const column = columns[index]!;
    return weights[column.weights[0]!]! * column.values[0]! - average;
  });
  return { base: features.reduce((sum, { average }) => sum + average, start), contributions };
}
