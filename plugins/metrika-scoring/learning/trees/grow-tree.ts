import { type BinnedTable, type FeatureBins, valueBins } from "./bins.ts";
import { type FoundSplit, findSplit, leafValue, type Sums } from "./find-split.ts";
import {
  createHistogramFiller,
  type Derivatives,
  type Histogram,
  histogramLayout,
  subtractHistogram,
} from "./histogram.ts";
import type { TreeOptions } from "./options.ts";
import type { Tree, TreeNode } from "./tree.ts";

/** Grows trees on one binned table, each from the derivatives, rows and features that it is given. */
export interface TreeGrower {
  /**
   * @param rows the rows to learn from, put into the order of the leaves
   * @param rate the share of its best value that a leaf is given
   */
  grow(derivatives: Derivatives, rows: Int32Array, columns: Int32Array, rate: number): Tree;
}

/** A leaf that may still be split, with the rows it has. */
interface OpenLeaf {
  readonly node: number;
  readonly depth: number;
  readonly rows: Int32Array;
  readonly sums: Sums;
  readonly histogram: Histogram;
  readonly split: FoundSplit;
}

/** What a leaf is known by before anything is counted in it. */
type NewLeaf = Pick<OpenLeaf, "node" | "depth" | "rows" | "sums">;

/**
 * Grows leaf by leaf: the leaf whose split lowers the loss most is split next, until there are enough or none gains. The smaller
 * child's histogram is counted, the larger one's is what the parent has left.
 */
export function createTreeGrower(
  features: readonly FeatureBins[],
  binned: BinnedTable,
  options: TreeOptions,
): TreeGrower {
  const layout = histogramLayout(features);
  const fill = createHistogramFiller(layout, binned);
  const spare: Histogram[] = [];
  const moved = new Int32Array(binned.rows);

  function grow(derivatives: Derivatives, rows: Int32Array, columns: Int32Array, rate: number): Tree {
    const nodes: TreeNode[] = [];
    const open: OpenLeaf[] = [];
    const addLeaf = (leaf: Omit<NewLeaf, "node">): NewLeaf => {
      nodes.push({ value: rate * leafValue(leaf.sums, options.l2), rows: leaf.rows.length });
      return { ...leaf, node: nodes.length - 1 };
    };
    const count = (leaf: NewLeaf): Histogram => {
      const histogram = spare.pop() ?? new Float64Array(layout[features.length]!);
      fill(histogram, leaf.rows, columns, derivatives);
      return histogram;
    };
    const offer = (leaf: NewLeaf, histogram: Histogram): void => {
      const split = isSplittable(leaf) ? findSplit(histogram, layout, features, columns, leaf.sums, options) : null;
      if (split === null) spare.push(histogram);
      else open.push({ ...leaf, histogram, split });
    };

    const root = addLeaf({ depth: 0, rows, sums: sumOf(derivatives, rows) });
    offer(root, count(root));
    for (let leaves = 1; leaves < options.maxLeaves && open.length > 0; leaves++) {
      const parent = takeBest(open);
      const { split } = parent;
      const leftRows = part(parent.rows, split);
      const depth = parent.depth + 1;
      const left = addLeaf({ depth, rows: parent.rows.subarray(0, leftRows), sums: split.left });
      const right = addLeaf({ depth, rows: parent.rows.subarray(leftRows), sums: split.right });
      nodes[parent.node] = toNode(split, left.node, right.node, parent.rows.length);
      // The last split's children are never split: nothing need be counted in them.
      if (leaves + 1 === options.maxLeaves || !(isSplittable(left) || isSplittable(right))) {
        spare.push(parent.histogram);
        continue;
      }
      const [smaller, larger] = left.rows.length <= right.rows.length ? [left, right] : [right, left];
      const counted = count(smaller);
      subtractHistogram(parent.histogram, counted);
      offer(smaller, counted);
      offer(larger, parent.histogram);
    }
    for (const { histogram } of open) spare.push(histogram);
    return nodes;
  }

  function isSplittable({ depth, rows }: NewLeaf): boolean {
    return depth < options.maxDepth && rows.length >= 2 * options.minRows;
  }

  /** Puts the rows that go left before the others, each in their order; returns how many they are. */
  function part(rows: Int32Array, { feature, how, unknown }: FoundSplit): number {
    const unknownBin = valueBins(features[feature]!);
    const goesLeft = new Uint8Array(unknownBin + 1);
    if ("up_to_bin" in how) goesLeft.fill(1, 0, how.up_to_bin + 1);
    else for (const bin of how.among_bins) goesLeft[bin] = 1;
    goesLeft[unknownBin] = unknown === "left" ? 1 : 0;
    const bins = binned.columns[feature]!;
    const count = rows.length;
    let left = 0;
    let right = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (goesLeft[bins[row]!] === 1) rows[left++] = row;
      else moved[right++] = row;
    }
    rows.set(moved.subarray(0, right), left);
    return left;
  }

  return { grow };
}

/** The open leaf with the greatest gain, of equals the one that was there first. */
function takeBest(open: OpenLeaf[]): OpenLeaf {
  let best = 0;
  for (const [index, leaf] of open.entries()) {
    const gain = leaf.split.gain - open[best]!.split.gain;
    if (gain > 0 || (gain === 0 && leaf.node < open[best]!.node)) best = index;
  }
  return open.splice(best, 1)[0]!;
}

function sumOf({ gradients, hessians }: Derivatives, rows: Int32Array): Sums {
  let gradient = 0;
  let hessian = 0;
  const count = rows.length;
  for (let i = 0; i < count; i++) {
    gradient += gradients[rows[i]!]!;
    hessian += hessians[rows[i]!]!;
  }
  return { gradient, hessian, rows: count };
}

function toNode({ feature, unknown, how }: FoundSplit, left: number, right: number, rows: number): TreeNode {
  return { feature, ...how, unknown, left, right, rows };
}
