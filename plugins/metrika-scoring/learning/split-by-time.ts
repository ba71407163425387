import { LearningError } from "./learning-error.ts";
import { allRows } from "./table.ts";

/** Rows by when they happened: each part is later than those before it. */
export interface TimeParts {
  /** Learnt from. */
  readonly train: Int32Array;
  /** Calibrated by, and thresholds found on. */
  readonly calibrate: Int32Array;
  /** Reported on: nothing was chosen by these. */
  readonly report: Int32Array;
}

/** Shares of the rows, in (0, 1); what they leave is reported on. */
export interface TimeShares {
  readonly train: number;
  readonly calibrate: number;
}

/** The end of the year 9999, past which ISO 8601 needs other notation. */
const LAST_INSTANT = 253_402_300_799_999;

/**
 * Divides rows by time. Rows of the same instant stay together, in the earlier part, so that no part holds a row as early as one of a part
 * before it.
 * @param times milliseconds since 1970 in UTC
 * @throws {LearningError} `time_unknown`, `option_out_of_range`
 */
export function splitByTime(times: Float64Array, shares: TimeShares): TimeParts {
  const row = times.findIndex((time) => !(time >= 0 && time <= LAST_INSTANT));
  if (row >= 0) throw new LearningError("time_unknown", { row, value: String(times[row]) });
  const range = "> 0, < 1";
  for (const option of ["train", "calibrate"] as const) {
    const value = shares[option];
    if (!(value > 0 && value < 1)) throw new LearningError("option_out_of_range", { option, value, range });
  }
  const sum = shares.train + shares.calibrate;
  if (!(sum < 1)) throw new LearningError("option_out_of_range", { option: "train + calibrate", value: sum, range });
  const rows = byTime(allRows(times.length), times);
  const first = cutAt(rows, times, shares.train);
  const second = Math.max(first, cutAt(rows, times, sum));
  return { train: rows.slice(0, first), calibrate: rows.slice(first, second), report: rows.slice(second) };
}

/** Divides rows already in the order of time into an earlier and a later part. */
export function cutByTime(rows: Int32Array, times: Float64Array, share: number): readonly [Int32Array, Int32Array] {
  const cut = cutAt(rows, times, share);
  return [rows.slice(0, cut), rows.slice(cut)];
}

function byTime(rows: Int32Array, times: Float64Array): Int32Array {
  return rows.sort((a, b) => times[a]! - times[b]! || a - b);
}

/** Where the given share of the rows ends, moved on to the end of the instant it falls into. */
function cutAt(rows: Int32Array, times: Float64Array, share: number): number {
  let cut = Math.round(rows.length * share);
  while (cut > 0 && cut < rows.length && times[rows[cut]!] === times[rows[cut - 1]!]) cut++;
  return cut;
}
