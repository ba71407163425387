/** Rows that have one and the same prediction. */
export interface Tie {
  readonly rows: number;
  readonly positives: number;
  readonly prediction: number;
}

/** Rows gathered by their prediction, the highest first. Every measure of a ranking is taken from these, so the order of rows never counts. */
export function tiesOf(predictions: Float64Array, labels: Uint8Array): readonly Tie[] {
  const order = predictions.map((_, row) => row).sort((a, b) => predictions[b]! - predictions[a]!);
  const ties: { rows: number; positives: number; prediction: number }[] = [];
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const last = ties.at(-1);
    if (last !== undefined && last.prediction === predictions[row]) {
      last.rows++;
      last.positives += labels[row]!;
    } else ties.push({ rows: 1, positives: labels[row]!, prediction: predictions[row]! });
  }
  return ties;
}

/**
 * The area under the ROC curve: the chance that a positive row is ranked above a negative one, a tie counting half. NaN where one of the
 * two is missing.
 */
export function rocAuc(ties: readonly Tie[]): number {
  let positivesAbove = 0;
  let negatives = 0;
  let won = 0;
  for (const { rows, positives } of ties) {
    won += (rows - positives) * (positivesAbove + positives / 2);
    positivesAbove += positives;
    negatives += rows - positives;
  }
  return won / (positivesAbove * negatives);
}

/** The deviations that a normal distribution exceeds upwards one time in a hundred. */
const ONE_IN_A_HUNDRED = 2.326;

/**
 * The ROC AUC that a ranking by chance reaches one time in a hundred: half, and so many of the deviations that H. Mann and D. Whitney
 * (1947) found for it. More than 1 where rows are so few that even a perfect ranking may be chance.
 */
export function rocAucByChance(ties: readonly Tie[]): number {
  const positives = ties.reduce((sum, tie) => sum + tie.positives, 0);
  const negatives = ties.reduce((sum, tie) => sum + tie.rows - tie.positives, 0);
  return 0.5 + ONE_IN_A_HUNDRED * Math.sqrt((positives + negatives + 1) / (12 * positives * negatives));
}

/**
 * The area under the precision-recall curve as average precision: the precision at each prediction, weighted by the recall gained there,
 * as scikit-learn's `average_precision_score` has it. NaN without positives.
 */
export function averagePrecision(ties: readonly Tie[]): number {
  let rowsAbove = 0;
  let positivesAbove = 0;
  let sum = 0;
  for (const { rows, positives } of ties) {
    rowsAbove += rows;
    positivesAbove += positives;
    sum += positives * (positivesAbove / rowsAbove);
  }
  return sum / positivesAbove;
}

/** A tenth of the rows, from the highest predictions downwards. */
export interface Decile {
  /** 1 is the tenth with the highest predictions. */
  readonly decile: number;
  /** The share of positives among its rows, against that of all rows. */
  readonly lift: number;
  /** The share of all positives that stand in this tenth and those before. */
  readonly captured: number;
}

/** What choosing by the ranking gains over choosing at random, tenth by tenth; positives of a tie are spread over it evenly. */
export function liftByDecile(ties: readonly Tie[]): readonly Decile[] {
  const rows = ties.reduce((sum, tie) => sum + tie.rows, 0);
  const positives = ties.reduce((sum, tie) => sum + tie.positives, 0);
  const captured = Array.from({ length: 11 }, (_, tenths) => positivesWithin(ties, (rows * tenths) / 10) / positives);
  return Array.from({ length: 10 }, (_, index) => {
    const gained = captured[index + 1]! - captured[index]!;
    return { decile: index + 1, lift: gained * 10, captured: captured[index + 1]! };
  });
}

function positivesWithin(ties: readonly Tie[], rows: number): number {
  let left = rows;
  let positives = 0;
  for (const tie of ties) {
    const taken = Math.min(left, tie.rows);
    positives += (tie.positives * taken) / tie.rows;
    left -= taken;
    if (left <= 0) break;
  }
  return positives;
}
