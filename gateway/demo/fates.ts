import type { BatchRowAnswer } from "./client.ts";

/** Rows of a batch that share a fate. */
export interface RowFate {
  readonly count: number;
  /** Places in the request from 0, as the API counts: "0-5, 7". */
  readonly indexes: string;
  readonly kind: BatchRowAnswer["kind"];
  readonly status: BatchRowAnswer["status"];
  /** The gateway's own sentence about the first of them. */
  readonly message: string;
}

/** Groups rows by their fate, in the order in which the fates first appear. */
export function rowFates(rows: readonly BatchRowAnswer[]): readonly RowFate[] {
  const keyOf = ({ kind, detail, message }: BatchRowAnswer) => (kind === "accepted" ? `${detail} ${message}` : kind);
  return [...Map.groupBy(rows, keyOf).values()].map((alike) => {
    const [{ kind, status, message }] = alike as [BatchRowAnswer, ...BatchRowAnswer[]];
    return { count: alike.length, indexes: ranges(alike.map((row) => row.index)), kind, status, message };
  });
}

/** Rising numbers, with runs written as "first-last". */
export function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}
