import type { BinnedTable } from "./bins.ts";
import type { TreeEnsemble } from "./tree.ts";
import { childOf, type WalkableTrees } from "./walk.ts";

/** A prediction taken apart: `base` and all contributions add up to its log-odds. */
export interface Contributions {
  /** What the model says of the average training row. */
  readonly base: number;
  /** What each feature adds to it, in the features' order. */
  readonly contributions: Float64Array;
}

/** The features met on the way to a leaf, each once, with what the walk keeps of them. */
interface Path {
  readonly features: readonly number[];
  /** The share of training rows that flow this way when the feature is not known. */
  readonly zeros: readonly number[];
  /** 1 where the row itself goes this way, else 0. */
  readonly ones: readonly number[];
  /** For each size of a set of known features, the weight of all sets of that size. */
  readonly weights: readonly number[];
}

const EMPTY: Path = { features: [], zeros: [], ones: [], weights: [] };
/** Stands before the root, where no feature has been met. */
const NO_FEATURE = -1;

/**
 * Shapley values of one prediction by TreeSHAP (S. Lundberg, G. Erion, S. Lee, 2018, Consistent Individualized Feature Attribution for
 * Tree Ensembles, algorithm 2): what a feature adds, averaged over all orders in which features could become known. The cheaper way of
 * crediting each split on the path with its change of the mean credits late splits too much, and is not much less code.
 */
export function explainTrees(
  ensemble: TreeEnsemble,
  trees: WalkableTrees,
  binned: BinnedTable,
  row: number,
): Contributions {
  const contributions = new Float64Array(ensemble.features.length);

  function walk(node: number, before: Path, zero: number, one: number, feature: number): void {
    const path = extend(before, zero, one, feature);
    const split = trees.features[node]!;
    if (split < 0) {
      for (let i = 1; i < path.features.length; i++) {
        const weight = sum(unwind(path, i).weights);
        contributions[path.features[i]!]! += weight * (path.ones[i]! - path.zeros[i]!) * trees.values[node]!;
      }
      return;
    }
    const met = path.features.indexOf(split);
    const [onward, zeroBefore, oneBefore] =
      met < 0 ? [path, 1, 1] : [unwind(path, met), path.zeros[met]!, path.ones[met]!];
    const own = childOf(trees, node, binned.columns[split]![row]!);
    for (const child of [trees.left[node]!, trees.right[node]!]) {
      const share = trees.rows[child]! / trees.rows[node]!;
      walk(child, onward, zeroBefore * share, child === own ? oneBefore : 0, split);
    }
  }

  let base = ensemble.start;
  for (const root of trees.roots) {
    base += meanOf(trees, root);
    walk(root, EMPTY, 1, 1, NO_FEATURE);
  }
  return { base, contributions };
}

/** What a tree adds on average over the rows it was learnt from. */
function meanOf(trees: WalkableTrees, node: number): number {
  if (trees.features[node]! < 0) return trees.values[node]!;
  const part = (child: number) => (meanOf(trees, child) * trees.rows[child]!) / trees.rows[node]!;
  return part(trees.left[node]!) + part(trees.right[node]!);
}

/** The path with one more feature on it. */
function extend({ features, zeros, ones, weights }: Path, zero: number, one: number, feature: number): Path {
  const length = features.length;
  const extended = [...weights, length === 0 ? 1 : 0];
  for (let i = length - 1; i >= 0; i--) {
    extended[i + 1]! += (one * extended[i]! * (i + 1)) / (length + 1);
    extended[i]! *= (zero * (length - i)) / (length + 1);
  }
  return { features: [...features, feature], zeros: [...zeros, zero], ones: [...ones, one], weights: extended };
}

/** The path as if one of its features had not been met. */
function unwind({ features, zeros, ones, weights }: Path, index: number): Path {
  const length = features.length;
  const last = length - 1;
  const [zero, one] = [zeros[index]!, ones[index]!];
  const unwound = weights.slice(0, last);
  let next = weights[last]!;
  for (let i = last - 1; i >= 0; i--) {
    if (one === 0) {
      unwound[i]! *= length / (zero * (last - i));
      continue;
    }
    const kept = unwound[i]!;
    unwound[i] = (next * length) / ((i + 1) * one);
    next = kept - (unwound[i]! * zero * (last - i)) / length;
  }
  const without = (list: readonly number[]) => list.toSpliced(index, 1);
  return { features: without(features), zeros: without(zeros), ones: without(ones), weights: unwound };
}

function sum(list: readonly number[]): number {
  return list.reduce((a, b) => a + b, 0);
}
