import { weightCount } from "./logistic/encoding.ts";
import type { WeightedFeature } from "./logistic/fit-logistic.ts";
import type { Model } from "./model-schema.ts";
import { type FeatureBins, valueBins } from "./trees/bins.ts";
import type { Tree, TreeNode } from "./trees/tree.ts";

/** Where a model contradicts itself, and how. */
export interface ModelFault {
  readonly field: string;
  readonly problem: string;
}

/** The first contradiction in a model of the right shape, null for none: a walk through a tree that passes here ends at a leaf. */
export function faultOf({ learner }: Model): ModelFault | null {
  const names = learner.features.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return { field: "learner.features", problem: `“${repeated}” stands here twice` };
  const problem =
    learner.kind === "trees"
      ? (first(learner.features, "features", binsProblem) ??
        first(learner.trees, "trees", (tree) => treeProblem(tree, learner.features)))
      : first(learner.features, "features", weightsProblem);
  return problem;
}

function first<Each>(list: readonly Each[], name: string, problemOf: (each: Each) => string | null): ModelFault | null {
  for (const [index, each] of list.entries()) {
    const problem = problemOf(each);
    if (problem !== null) return { field: `learner.${name}.${index}`, problem };
  }
  return null;
}

function binsProblem(feature: FeatureBins): string | null {
  if (feature.kind === "categorical") return categoriesProblem(feature.categories);
  const isRising = feature.edges.every((edge, index) => index === 0 || edge > feature.edges[index - 1]!);
  return isRising ? null : "the edges do not rise";
}

function categoriesProblem(categories: readonly string[]): string | null {
  return new Set(categories).size === categories.length ? null : "a category stands here twice";
}

function weightsProblem(feature: WeightedFeature): string | null {
  const expected = weightCount(feature);
  if (feature.weights.length !== expected) return `${expected} weights are needed, not ${feature.weights.length}`;
  if (feature.kind === "categorical") return categoriesProblem(feature.categories);
  return feature.low <= feature.high ? null : "“low” is above “high”";
}

function treeProblem(tree: Tree, features: readonly FeatureBins[]): string | null {
  const parents = new Int32Array(tree.length);
  for (const [index, node] of tree.entries()) {
    const problem = nodeProblem(tree, index, node, features);
    if (problem !== null) return `node ${index}: ${problem}`;
    if ("value" in node) continue;
    parents[node.left]! += 1;
    parents[node.right]! += 1;
  }
  const orphan = parents.findIndex((count, index) => count !== (index === 0 ? 0 : 1));
  return orphan < 0 ? null : `node ${orphan} has ${parents[orphan]} parents`;
}

function nodeProblem(tree: Tree, index: number, node: TreeNode, features: readonly FeatureBins[]): string | null {
  if (node.rows < 1) return "no rows";
  if ("value" in node) return null;
  const feature = features[node.feature];
  if (feature === undefined) return `there is no feature ${node.feature}`;
  const [left, right] = [tree[node.left], tree[node.right]];
  if (left === undefined || right === undefined || node.left <= index || node.right <= index) {
    return "its children do not stand after it";
  }
  if (left.rows + right.rows !== node.rows) return "its children's rows are not its own";
  if ("up_to_bin" in node !== (feature.kind === "numeric")) return `“${feature.name}” is ${feature.kind}`;
  const bins = "up_to_bin" in node ? [node.up_to_bin] : node.among_bins;
  return bins.every((bin) => bin < valueBins(feature)) ? null : `“${feature.name}” has no such bin`;
}
