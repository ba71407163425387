import { expect, test } from "bun:test";
import { sigmoid } from "./log-odds.ts";
import { readModel, writeModel } from "./model.ts";
import { createRandom } from "./random.ts";
import { createScorer } from "./scorer.ts";
import { allRows, featureTable } from "./table.ts";
import { type TrainingOptions, type TrainingSet, train } from "./train.ts";
import { defaultBoosting } from "./trees/options.ts";
import { visitExamples } from "./visit-examples.ts";

const quick = {
  ...{ aim: { kind: "share", share: 0.1 }, seed: 1, ensembles: 2 },
  candidates: [
    { kind: "logistic", l2: 1 },
    { kind: "trees", ...defaultBoosting, trees: 60, rate: 0.15 },
  ],
} as const satisfies Partial<TrainingOptions>;

const visits = visitExamples(8000);
const model = train(visits, quick);
const scorer = createScorer(model);

test("the same visits and seed give the same model, byte for byte; another seed another", () => {
  const text = writeModel(model);
  expect(writeModel(train(visitExamples(8000), quick))).toBe(text);
  expect(writeModel(train(visits, { ...quick, seed: 2 }))).not.toBe(text);
});

test("a model read from its text scores bit by bit as it did in memory, and is written as it was", () => {
  const text = writeModel(model);
  const read = readModel(text);
  const later = visitExamples(500, 9).table;
  expect(createScorer(read).probabilities(later, allRows(500))).toEqual(scorer.probabilities(later, allRows(500)));
  expect(createScorer(read).explain(later, 3)).toEqual(scorer.explain(later, 3));
  expect(writeModel(read)).toBe(text);
});

test("the latest visits are only reported on, and each part is later than the one before", () => {
  const { train: learnt, calibrate, report } = model.parts;
  expect([learnt.rows, calibrate.rows, report.rows]).toEqual([4800, 1600, 1600]);
  expect(learnt.from).toBe("2026-06-01T00:00:00.000Z");
  expect(learnt.to < calibrate.from && calibrate.to < report.from).toBe(true);
  const upTo = (row: number) => ({
    ...visits,
    labels: visits.labels.map((label, own) => (own < row ? label : 1 - label)),
  });
  const { learner, calibration, thresholds } = train(upTo(6400), quick);
  expect({ learner, calibration, thresholds }).toEqual({
    ...{ learner: model.learner, calibration: model.calibration, thresholds: model.thresholds },
  });
});

test("the report tells how good the model is, the noise being of no use to it", () => {
  const { report } = model;
  expect(report.roc_auc).toBeGreaterThan(0.75);
  expect(report.pr_auc).toBeGreaterThan(2 * report.base_rate * 0.8);
  expect(report.calibration_error).toBeLessThan(0.05);
  expect(report.log_loss).toBeLessThan(report.average_loss);
  expect(report.lift[0]!.lift).toBeGreaterThan(2);
  expect(report.lift.at(-1)!.captured).toBeCloseTo(1, 10);
  const noise = report.importance.find(({ feature }) => feature === "noise");
  expect(Math.abs(noise!.roc_auc_loss)).toBeLessThan(0.01);
  expect(report.trials.filter(({ is_best }) => is_best)).toHaveLength(1);
});

test("thresholds are made by device, and the report counts whom they choose", () => {
  expect(model.thresholds.groups.map(({ group, is_own }) => [group, is_own])).toEqual([
    ["desktop", true],
    ["phone", true],
    ["tablet", true],
  ]);
  const [all, ...devices] = model.report.chosen;
  expect(all).toMatchObject({ group: null, rows: 1600 });
  expect(devices.reduce((sum, { chosen }) => sum + chosen, 0)).toBe(all!.chosen);
  expect(all!.chosen / all!.rows).toBeCloseTo(0.1, 1);
  expect(all!.precision!).toBeGreaterThan(model.report.base_rate);
});

test.each(["logistic", "trees"])("reasons of the %s add up to the log-odds, and the weightiest comes first", (kind) => {
  const candidates = quick.candidates.filter((candidate) => candidate.kind === kind);
  const own = createScorer(train(visits, { ...quick, candidates }));
  for (const row of [0, 1, 2, 3]) {
    const { probability, log_odds, base_log_odds, reasons } = own.explain(visits.table, row);
    expect(reasons.reduce((sum, reason) => sum + reason.log_odds, base_log_odds)).toBeCloseTo(log_odds, 10);
    expect(probability).toBe(own.probabilities(visits.table, Int32Array.of(row))[0]!);
    expect(reasons).toEqual(reasons.toSorted((a, b) => Math.abs(b.log_odds) - Math.abs(a.log_odds)));
  }
});

test("a reason carries what was known of the visit", () => {
  const table = featureTable([
    { kind: "numeric", name: "seconds", values: Float64Array.of(Number.NaN) },
    { kind: "numeric", name: "pages", values: Float64Array.of(12) },
    { kind: "numeric", name: "noise", values: Float64Array.of(0.5) },
    { kind: "categorical", name: "device", categories: ["television"], codes: Int32Array.of(0) },
    { kind: "categorical", name: "source", categories: ["email"], codes: Int32Array.of(-1) },
  ]);
  const { reasons, probability } = scorer.explain(table, 0);
  const values = Object.fromEntries(reasons.map(({ feature, value }) => [feature, value]));
  expect(values).toEqual({ seconds: null, pages: 12, noise: 0.5, device: "television", source: null });
  expect(probability).toBeGreaterThan(0);
  expect(probability).toBeLessThan(1);
});

test("sums win where the truth is a sum, trees where it is not", () => {
  const random = createRandom(5);
  const rows = 6000;
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: rows }, () => random.next() * 2 - 1)) as [
    Float64Array,
    Float64Array,
  ];
  const table = featureTable([
    { kind: "numeric", name: "a", values: a },
    { kind: "numeric", name: "b", values: b },
  ]);
  const set = (logOdds: (row: number) => number): TrainingSet => ({
    ...{ table, times: Float64Array.from(a.keys()), groups: null },
    labels: Uint8Array.from(a, (_, row) => (random.next() < sigmoid(logOdds(row)) ? 1 : 0)),
  });
  const kindFor = (logOdds: (row: number) => number) => train(set(logOdds), quick).learner.kind;
  expect(kindFor((row) => 3 * (a[row]! + b[row]!))).toBe("logistic");
  expect(kindFor((row) => 6 * a[row]! * b[row]!)).toBe("trees");
});

test("too few positives are refused with the part, their number and the number needed", () => {
  const few = { ...visits, labels: visits.labels.map((label, row) => (row % 40 === 0 ? label : 0)) };
  expect(() => train(few, quick)).toThrow(
    /^Too few positive examples in the part “train”: \d\d, at least 100 are needed\./,
  );
  const late = { ...visits, labels: visits.labels.map((label, row) => (row < 6400 ? label : 0)) };
  expect(() => train(late, quick)).toThrow("in the part “report”: 0, at least 30 are needed.");
});

test("labels that are all alike are refused", () => {
  const all = (label: number) => ({ ...visits, labels: new Uint8Array(8000).fill(label) });
  expect(() => train(all(0), quick)).toThrow("Too few positive examples in the part “train”: 0");
  expect(() => train(all(1), quick)).toThrow("Too few negative examples in the part “train”: 0");
  const least = { train: 0, validate: 0, calibrate: 0, report: 0 };
  expect(() => train(all(0), { ...quick, least })).toThrow("at least 1 are needed");
});

test("features that tell nothing are refused, not made a model of", () => {
  const constant = { kind: "numeric" as const, name: "constant", values: new Float64Array(8000).fill(3) };
  const unknown = { kind: "numeric" as const, name: "unknown", values: new Float64Array(8000).fill(Number.NaN) };
  const set = { ...visits, table: featureTable([constant, unknown]) };
  expect(() => train(set, quick)).toThrow("These features do not tell the visits apart");
});

test.each([
  ["lengths_differ", { labels: new Uint8Array(3) }],
  ["lengths_differ", { times: new Float64Array(3) }],
  ["label_not_binary", { labels: new Uint8Array(8000).fill(2) }],
  ["time_unknown", { times: new Float64Array(8000).fill(Number.NaN) }],
  ["too_few_positives", { times: new Float64Array(8000) }],
])("a set that contradicts itself is refused as %s", (code, wrong) => {
  expect(() => train({ ...visits, ...wrong }, quick)).toThrow(expect.objectContaining({ code }));
});

test("a seed that is no whole number is refused", () => {
  expect(() => train(visits, { ...quick, seed: 0.5 })).toThrow("The option “seed” is 0.5; it must be a whole number.");
});
