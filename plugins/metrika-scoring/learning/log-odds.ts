/** The probability of given log-odds. */
export function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** ln(1 + e^x) without overflow: the loss of a row, its label taken care of by x's sign. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Mean of −ln(probability of what was seen), the predictions given as log-odds; 0 for no rows. */
export function logLossOfLogOdds(logOdds: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum += softplus(labels[row] === 1 ? -logOdds[row]! : logOdds[row]!);
  return labels.length === 0 ? 0 : sum / labels.length;
}

/**
 * The log-odds of the share of positive labels. Half an example is added to each side, which keeps it finite where all labels are
 * alike.
 */
export function averageLogOdds(labels: Uint8Array): number {
  let positives = 0;
  for (const label of labels) positives += label;
  return Math.log((positives + 0.5) / (labels.length - positives + 0.5));
}
