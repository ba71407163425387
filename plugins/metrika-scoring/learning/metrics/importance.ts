import { type Random, shuffle } from "../random.ts";
import { allRows, type Column, type FeatureTable, pick } from "../table.ts";
import { rocAuc, tiesOf } from "./ranking.ts";

/** What a feature is worth to a model. */
export interface Importance {
  readonly feature: string;
  /** By how much ROC AUC falls when the feature's values are dealt out among the rows at random. Near 0, or below, for one of no use. */
  readonly roc_auc_loss: number;
}

const MOST_ROWS = 20_000;
const REPEATS = 3;

/**
 * Permutation importance (L. Breiman, 2001), the greatest first, on rows that the model was not learnt from: gain counted while learning
 * would praise features with many values, useful or not. Of more than 20,000 rows as many are taken, evenly spread.
 * @param predict log-odds or probabilities of all rows of a table
 */
export function importanceOf(
  predict: (table: FeatureTable, rows: Int32Array) => Float64Array,
  table: FeatureTable,
  labels: Uint8Array,
  rows: Int32Array,
  random: Random,
): readonly Importance[] {
  const step = Math.max(1, rows.length / MOST_ROWS);
  const taken = Int32Array.from({ length: Math.floor(rows.length / step) }, (_, i) => rows[Math.floor(i * step)]!);
  const sample = { rows: taken.length, columns: table.columns.map((column) => dealOut(column, taken)) };
  const everyRow = allRows(taken.length);
  const seen = pick(labels, taken);
  const aucOf = (of: FeatureTable) => rocAuc(tiesOf(predict(of, everyRow), seen));
  const whole = aucOf(sample);
  const losses = sample.columns.map((column, index) => {
    let loss = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const dealt = dealOut(column, shuffle(everyRow.slice(), random));
      loss += (whole - aucOf({ ...sample, columns: sample.columns.with(index, dealt) })) / REPEATS;
    }
    return { feature: column.name, roc_auc_loss: loss };
  });
  return losses.sort((a, b) => b.roc_auc_loss - a.roc_auc_loss);
}

/** The column with the values of some rows, in their order. */
function dealOut(column: Column, rows: Int32Array): Column {
  return column.kind === "numeric"
    ? { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
    : { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]!) };
}
