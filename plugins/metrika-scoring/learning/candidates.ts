import type { LogisticOptions } from "./logistic/fit-logistic.ts";
import { type BoostingOptions, defaultBoosting } from "./trees/options.ts";

/** A way to learn that is tried. */
export type Candidate =
  | ({ readonly kind: "trees" } & BoostingOptions)
  | ({ readonly kind: "logistic" } & LogisticOptions);

const trees = (varied: Partial<BoostingOptions>): Candidate => ({ kind: "trees", ...defaultBoosting, ...varied });

/** What is tried where nothing else is asked for: sums held loosely and tightly, trees from cautious to bold. */
export const defaultCandidates: readonly Candidate[] = [
  { kind: "logistic", l2: 1 },
  { kind: "logistic", l2: 30 },
  trees({ maxLeaves: 8, columnShare: 0.7 }),
  trees({}),
  trees({ minRows: 10 }),
  trees({ maxLeaves: 31, minRows: 50, l2: 10 }),
];
