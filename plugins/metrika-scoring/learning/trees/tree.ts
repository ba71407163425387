import type { FeatureBins } from "./bins.ts";

/** The end of a path. */
export interface Leaf {
  /** What it adds to the log-odds. */
  readonly value: number;
  /** Rows it was learnt from, at least 1. */
  readonly rows: number;
}

interface SplitBase {
  /** Index of the feature. */
  readonly feature: number;
  /** Where the unknown goes. */
  readonly unknown: "left" | "right";
  /** Index of a node of the same tree, greater than the split's own. */
  readonly left: number;
  readonly right: number;
  readonly rows: number;
}

/** Sends bins up to one, inclusive, to the left. */
export interface NumericSplit extends SplitBase {
  readonly up_to_bin: number;
}

/** Sends some categories to the left, named by their bins. */
export interface CategoricalSplit extends SplitBase {
  readonly among_bins: readonly number[];
}

export type TreeNode = Leaf | NumericSplit | CategoricalSplit;

/** A tree; its root is the first node, and a child stands after its parent. */
export type Tree = readonly TreeNode[];

/** Trees whose leaves add up to the log-odds of a positive label. */
export interface TreeEnsemble {
  /** The log-odds before any tree. */
  readonly start: number;
  readonly features: readonly FeatureBins[];
  readonly trees: readonly Tree[];
}
