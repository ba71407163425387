import { LearningError } from "./learning-error.ts";
import { type Tie, tiesOf } from "./metrics/ranking.ts";
import type { CategoricalColumn } from "./table.ts";

/**
 * What a threshold is to reach: about this share of the visits chosen, as near as ties allow; or at least this share of positives among
 * those chosen, with as many chosen as that allows.
 */
export type Aim =
  | { readonly kind: "share"; readonly share: number }
  | { readonly kind: "precision"; readonly precision: number };

/** The threshold of one group of visits, a device mostly. */
export interface GroupThreshold {
  readonly group: string;
  /** Chosen is a probability of at least this; null chooses nobody, since no threshold reaches the precision. */
  readonly threshold: number | null;
  /** False where the group had too few examples for a threshold of its own and took the overall one. */
  readonly is_own: boolean;
}

/** From which probability a visit is chosen. */
export interface Thresholds {
  readonly aim: Aim;
  /** For groups not named, and for the unknown one. */
  readonly overall: number;
  readonly groups: readonly GroupThreshold[];
}

/** What a group needs to have a threshold of its own. */
export interface GroupNeeds {
  readonly rows: number;
  readonly positives: number;
}

/** Rows whose probability is known, and what they turned out to be. */
export interface Judged {
  readonly probabilities: Float64Array;
  readonly labels: Uint8Array;
  /** The group of each row; null makes one threshold for all. */
  readonly groups: CategoricalColumn | null;
}

/** A precision counted from fewer chosen rows than this is chance. */
const LEAST_CHOSEN = 20;

/**
 * The thresholds that reach the aim, overall and by group.
 * @throws {LearningError} `aim_out_of_range`; `precision_out_of_reach`, naming what can be reached
 */
export function fitThresholds({ probabilities, labels, groups }: Judged, aim: Aim, needs: GroupNeeds): Thresholds {
  const value = aim.kind === "share" ? aim.share : aim.precision;
  if (!(value > 0 && value < 1)) throw new LearningError("aim_out_of_range", { aim: aim.kind, value });
  const ties = tiesOf(probabilities, labels);
  const overall = thresholdOf(ties, aim) ?? refuse(ties, value);
  const own = (groups?.categories ?? []).map((group, code): GroupThreshold => {
    const rows = rowsOf(groups!.codes, code);
    const [seen, told] = [rows.map((row) => labels[row]!), rows.map((row) => probabilities[row]!)];
    if (rows.length < needs.rows || seen.reduce((sum, label) => sum + label, 0) < needs.positives) {
      return { group, threshold: overall, is_own: false };
    }
    return { group, threshold: thresholdOf(tiesOf(Float64Array.from(told), Uint8Array.from(seen)), aim), is_own: true };
  });
  return { aim, overall, groups: own };
}

/** Whether a visit of a group is chosen. */
export function isChosen({ overall, groups }: Thresholds, group: string | null, probability: number): boolean {
  const own = groups.find((one) => one.group === group);
  const threshold = own === undefined ? overall : own.threshold;
  return threshold !== null && probability >= threshold;
}

function rowsOf(codes: Int32Array, code: number): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < codes.length; row++) if (codes[row] === code) rows.push(row);
  return rows;
}

function thresholdOf(ties: readonly Tie[], aim: Aim): number | null {
  const chosen = cumulated(ties);
  if (aim.kind === "precision") {
    const precise = chosen.filter(({ rows, positives }) => rows >= LEAST_CHOSEN && positives >= aim.precision * rows);
    return precise.at(-1)?.prediction ?? null;
  }
  const wanted = aim.share * (chosen.at(-1)?.rows ?? 0);
  const distance = ({ rows }: Tie) => Math.abs(rows - wanted);
  return chosen.reduce((best, one) => (distance(one) < distance(best) ? one : best)).prediction;
}

function refuse(ties: readonly Tie[], wanted: number): never {
  const precisions = cumulated(ties)
    .filter(({ rows }) => rows >= LEAST_CHOSEN)
    .map(({ rows, positives }) => positives / rows);
  const reached = precisions.reduce((best, precision) => Math.max(best, precision), 0).toFixed(3);
  throw new LearningError("precision_out_of_reach", { wanted, reached, rows: LEAST_CHOSEN });
}

/** All rows at or above each prediction. */
function cumulated(ties: readonly Tie[]): readonly Tie[] {
  let [rows, positives] = [0, 0];
  return ties.map((tie) => {
    rows += tie.rows;
    positives += tie.positives;
    return { rows, positives, prediction: tie.prediction };
  });
}
