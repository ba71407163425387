import { expect, test } from "bun:test";
import { LearningError } from "./learning-error.ts";
import { readModel, writeModel } from "./model.ts";
import type { Model } from "./model-schema.ts";
import { train } from "./train.ts";
import { defaultBoosting } from "./trees/options.ts";
import { visitExamples } from "./visit-examples.ts";

const visits = visitExamples(4000);
const make = (candidate: Parameters<typeof train>[1]["candidates"] & {}) =>
  train(visits, { aim: { kind: "precision", precision: 0.5 }, seed: 1, ensembles: 1, candidates: candidate });
const trees = make([{ kind: "trees", ...defaultBoosting, trees: 10, rate: 0.2 }]);
const logistic = make([{ kind: "logistic", l2: 1 }]);

/** The model's text with one value at a path replaced. */
function withValue(model: Model, path: string, value: unknown): string {
  const copy = JSON.parse(writeModel(model));
  const names = path.split(".");
  const last = names.pop()!;
  const holder = names.reduce((inner, name) => inner[name], copy);
  holder[last] = value;
  return JSON.stringify(copy);
}

function refusalOf(text: string): LearningError {
  try {
    readModel(text);
  } catch (error) {
    if (error instanceof LearningError) return error;
  }
  throw new Error("the model was not refused");
}

test.each([trees, logistic])("a model comes back from its text as it was", (model) => {
  expect(readModel(writeModel(model))).toEqual(model);
});

test.each(["", "{", "<html>"])("%p is refused as no JSON", (text) => {
  expect(refusalOf(text).code).toBe("model_not_json");
});

test.each(["null", "[]", "3", "{}", '{"format":1}', '{"format":"1"}'])("%p is refused as no model", (text) => {
  expect(refusalOf(text).code).toBe("model_malformed");
});

test("a newer format is refused with both numbers, whatever else has changed in it", () => {
  const error = refusalOf('{"format":2,"kind":"something new"}');
  expect(error.code).toBe("model_newer");
  expect(error.message).toStartWith("The model is written in format 2, and this version understands formats up to 1.");
});

test.each([
  ["learner.start", null],
  ["learner.kind", "forest"],
  ["learner.features.0.edges.0", "1"],
  ["calibration.slope", -1],
  ["thresholds.overall", true],
  ["parts.train.from", "yesterday"],
  ["seed", 1.5],
  ["report.trials.0.loss", "low"],
])("a field of another kind is named: %s", (field, value) => {
  const error = refusalOf(withValue(trees, field, value));
  expect(error.code).toBe("model_malformed");
  expect(error.params.field).toBe(field);
});

test.each([
  ["learner.features.0.edges", [3, 2], "learner.features.0", "the edges do not rise"],
  ["learner.features.4.categories", ["ad", "ad"], "learner.features.4", "a category stands here twice"],
  ["learner.features.1.name", "pages", "learner.features", "“pages” stands here twice"],
  ["learner.trees.0.0.left", 0, "learner.trees.0", "node 0: its children do not stand after it"],
  ["learner.trees.0.0.left", 999, "learner.trees.0", "node 0: its children do not stand after it"],
  ["learner.trees.0.0.feature", 99, "learner.trees.0", "node 0: there is no feature 99"],
  ["learner.trees.0.0.rows", 1, "learner.trees.0", "node 0: its children's rows are not its own"],
])("what contradicts itself is named: %s = %p", (path, value, field, problem) => {
  expect(refusalOf(withValue(trees, path, value)).params).toEqual({ field, problem });
});

test("a tree whose node has two parents or none is refused, since it might be walked for ever or never", () => {
  const node = { feature: 0, up_to_bin: 0, unknown: "left", left: 1, right: 1, rows: 2 };
  const problem = "node 1 has 2 parents";
  expect(refusalOf(withValue(trees, "learner.trees.0", [node, { value: 1, rows: 1 }])).params.problem).toBe(problem);
  const stray = [
    { value: 1, rows: 1 },
    { value: 1, rows: 1 },
  ];
  expect(refusalOf(withValue(trees, "learner.trees.0", stray)).params.problem).toBe("node 1 has 0 parents");
});

test("a split by a bin or a kind that its feature has not is refused", () => {
  const leaves = [
    { value: 1, rows: 1 },
    { value: 2, rows: 1 },
  ];
  const split = { feature: 3, unknown: "left", left: 1, right: 2, rows: 2 };
  const problemOf = (root: object) => refusalOf(withValue(trees, "learner.trees.0", [root, ...leaves])).params.problem;
  expect(problemOf({ ...split, among_bins: [7] })).toBe("node 0: “device” has no such bin");
  expect(problemOf({ ...split, up_to_bin: 1 })).toBe("node 0: “device” is categorical");
});

test("weights that do not fit their feature are refused", () => {
  const error = refusalOf(withValue(logistic, "learner.features.0.weights", [1]));
  expect(error.params).toEqual({ field: "learner.features.0", problem: "2 weights are needed, not 1" });
});
