import * as v from "valibot";
import type { Calibration } from "./calibrate.ts";
import type { Learner } from "./ranker.ts";
import type { Report } from "./report.ts";
import type { Thresholds } from "./thresholds.ts";

/** Rows of one part of the time learnt from. */
export interface Part {
  /** The first and the last instant, ISO 8601 in UTC. */
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly positives: number;
}

/** All that is needed to score visits as when the model was made, and to judge whether it should be used. Plain JSON. */
export interface Model {
  readonly kind: "visit_scoring_model";
  readonly format: 1;
  readonly seed: number;
  readonly learner: Learner;
  readonly calibration: Calibration;
  readonly thresholds: Thresholds;
  /** Learnt from; calibrated by, and thresholds found on; reported on. In the order of time. */
  readonly parts: { readonly train: Part; readonly calibrate: Part; readonly report: Part };
  readonly report: Report;
}

// JSON has no other numbers; a model in memory might.
const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const byte = v.pipe(count, v.maxValue(255));
const names = v.pipe(v.array(v.string()), v.maxLength(254));

const split = { feature: count, unknown: v.picklist(["left", "right"]), left: count, right: count, rows: count };
const TreeNodeSchema = v.union([
  v.object({ value: number, rows: count }),
  v.object({ ...split, up_to_bin: byte }),
  v.object({ ...split, among_bins: v.array(byte) }),
]);

const TreesSchema = v.object({
  kind: v.literal("trees"),
  start: number,
  features: v.array(
    v.variant("kind", [
      v.object({ kind: v.literal("numeric"), name: v.string(), edges: v.pipe(v.array(number), v.maxLength(254)) }),
      v.object({ kind: v.literal("categorical"), name: v.string(), categories: names }),
    ]),
  ),
  trees: v.array(v.pipe(v.array(TreeNodeSchema), v.minLength(1))),
});

const weighted = { weights: v.array(number), average: number };
const LogisticSchema = v.object({
  kind: v.literal("logistic"),
  start: number,
  features: v.array(
    v.variant("kind", [
      v.object({
        ...{ kind: v.literal("numeric"), name: v.string(), log_scale: v.nullable(v.pipe(number, v.gtValue(0))) },
        ...{ low: number, high: number, mean: number, deviation: v.pipe(number, v.gtValue(0)) },
        ...weighted,
      }),
      v.object({ kind: v.literal("categorical"), name: v.string(), categories: names, ...weighted }),
    ]),
  ),
  ...{ l2: number, iterations: count, converged: v.boolean() },
});

const ThresholdsSchema = v.object({
  aim: v.variant("kind", [
    v.object({ kind: v.literal("share"), share: number }),
    v.object({ kind: v.literal("precision"), precision: number }),
  ]),
  overall: number,
  groups: v.array(v.object({ group: v.string(), threshold: v.nullable(number), is_own: v.boolean() })),
});

const PartSchema = v.object({
  from: v.pipe(v.string(), v.isoTimestamp()),
  to: v.pipe(v.string(), v.isoTimestamp()),
  rows: count,
  positives: count,
});

const ReportSchema = v.object({
  ...{ base_rate: number, roc_auc: number, pr_auc: number, log_loss: number, brier: number, calibration_error: number },
  lift: v.array(v.object({ decile: count, lift: number, captured: number })),
  reliability: v.array(v.object({ rows: count, predicted: number, observed: number })),
  importance: v.array(v.object({ feature: v.string(), roc_auc_loss: number })),
  chosen: v.array(
    v.object({
      ...{ group: v.nullable(v.string()), rows: count, chosen: count },
      ...{ precision: v.nullable(number), recall: v.nullable(number) },
    }),
  ),
  average_loss: number,
  trials: v.array(
    v.object({ is_best: v.boolean(), loss: number, options: v.record(v.string(), v.union([v.string(), number])) }),
  ),
});

/** The shape of a model; what a shape cannot say is looked at by `faultOf`. */
export const ModelSchema: v.GenericSchema<unknown, Model> = v.object({
  kind: v.literal("visit_scoring_model"),
  format: v.literal(1),
  seed: v.pipe(v.number(), v.safeInteger()),
  learner: v.variant("kind", [TreesSchema, LogisticSchema]),
  calibration: v.object({ slope: v.pipe(number, v.gtValue(0)), intercept: number }),
  thresholds: ThresholdsSchema,
  parts: v.object({ train: PartSchema, calibrate: PartSchema, report: PartSchema }),
  report: ReportSchema,
});
