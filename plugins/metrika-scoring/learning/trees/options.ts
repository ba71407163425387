import { LearningError } from "../learning-error.ts";

/** How trees are grown. */
export interface TreeOptions {
  /** Leaves of a tree, at least 2. */
  readonly maxLeaves: number;
  /** Splits on the longest path. */
  readonly maxDepth: number;
  /** Rows that each leaf keeps. */
  readonly minRows: number;
  /** Sum of p(1 − p) that each leaf keeps. */
  readonly minHessian: number;
  /** Weight of the leaves' squares. */
  readonly l2: number;
  /** Rows that a category needs in a leaf to be told apart, and what draws rare categories to the middle of their order. */
  readonly minCategoryRows: number;
  /** Added to `l2` where more than {@link FEW_CATEGORIES} categories are parted, since their best parting is found by trying many. */
  readonly categoryL2: number;
}

/** How an ensemble is grown. */
export interface BoostingOptions extends TreeOptions {
  /** Trees, at most: fewer where held-out rows say so, or nothing is left to split. */
  readonly trees: number;
  /** The share of its best value that a leaf adds, in (0, 1]. */
  readonly rate: number;
  /** The share of the rows that each tree sees, drawn anew, in (0, 1]. */
  readonly rowShare: number;
  /** The share of the features that each tree sees, in (0, 1]. */
  readonly columnShare: number;
}

/** Up to so many categories a best parting is taken at its word. */
export const FEW_CATEGORIES = 4;

/** What serves most tables of visits; the choosers vary it. */
export const defaultBoosting: BoostingOptions = {
  ...{ trees: 400, rate: 0.05, rowShare: 0.8, columnShare: 1 },
  ...{ maxLeaves: 15, maxDepth: 12, minRows: 20, minHessian: 1, l2: 1, minCategoryRows: 10, categoryL2: 10 },
};

const share = { range: "(0, 1]", isRight: (value: number) => value > 0 && value <= 1 };
const atLeast = (least: number) => ({ range: `≥ ${least}`, isRight: (value: number) => value >= least });
const count = (least: number) => ({
  range: `≥ ${least}`,
  isRight: (value: number) => Number.isSafeInteger(value) && value >= least,
});

const ranges: Readonly<Record<keyof BoostingOptions, ReturnType<typeof atLeast>>> = {
  ...{ trees: count(1), rate: share, rowShare: share, columnShare: share },
  ...{ maxLeaves: count(2), maxDepth: count(1), minRows: count(1), minHessian: atLeast(0), l2: atLeast(0) },
  ...{ minCategoryRows: count(1), categoryL2: atLeast(0) },
};

/** @throws {LearningError} `option_out_of_range` */
export function checkBoosting(options: BoostingOptions): void {
  for (const name of Object.keys(ranges) as (keyof BoostingOptions)[]) {
    const { range, isRight } = ranges[name];
    if (!isRight(options[name]))
      throw new LearningError("option_out_of_range", { option: name, value: options[name], range });
  }
}
