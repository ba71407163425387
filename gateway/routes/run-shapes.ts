import * as v from "valibot";
import { component } from "../../core/plugin/valibot-openapi.ts";
import { runKinds, runStates } from "../../core/store/port/runs.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const instant = v.pipe(v.string(), v.description("ISO 8601, UTC"));
const orNull = <Schema extends v.GenericSchema>(schema: Schema, text: string) =>
  v.pipe(v.nullable(schema), v.description(text));

const summary = {
  run_id: v.string(),
  source_id: v.string(),
  kind: v.pipe(
    v.picklist(runKinds),
    v.description("`schedule`: by the clock. `manual` and `dry_run`: a person asked for it"),
  ),
  state: v.pipe(
    v.picklist(runStates),
    v.description("`waiting`: at once, or at `next_attempt_at`. The last three are ends"),
  ),
  due_at: v.pipe(instant, v.description("When it was due by its schedule, or asked for; ISO 8601, UTC")),
  next_attempt_at: orNull(instant, "Of one that waits"),
  attempts: count,
  progress: v.pipe(
    v.object({ done: count, total: orNull(count, "Null: not known") }),
    v.description("As the plugin tells it, some seconds old"),
  ),
  accepted: v.pipe(count, v.description("Conversions that it gave; of a dry run, that it would have given")),
  duplicates: count,
  rejected: count,
  error: orNull(v.object({ code: v.string(), message: v.string() }), "Why it waits or has failed"),
  created_at: instant,
  started_at: v.nullable(instant),
  ended_at: v.nullable(instant),
};

/** A run, as lists tell it. */
export const RunSummary = v.pipe(v.object(summary), component("RunSummary"));

/** One run with all that became of it. */
export const Run = v.pipe(
  v.object({
    ...summary,
    leftovers: v.pipe(
      v.array(
        v.object({
          subject: v.pipe(v.string(), v.description("What it is about, in the plugin's words")),
          code: v.string(),
          message: v.string(),
          needs: v.picklist(["nothing", "person"]),
        }),
      ),
      v.description("What became no conversion, and why; at most a hundred"),
    ),
    batch_ids: v.pipe(v.array(v.string()), v.description("The first hundred batches that it gave, oldest first")),
    would_emit: orNull(
      v.array(v.record(v.string(), v.unknown())),
      "Of a dry run: the first hundred conversions that it would have given",
    ),
  }),
  component("Run"),
);

/** What is to be run. */
export const NewRun = v.pipe(
  v.strictObject({
    dry_run: v.optional(
      v.pipe(
        v.boolean(),
        v.description("Only show what would be given: nothing is sent and nothing changed. Default: false"),
      ),
    ),
  }),
  component("NewRun"),
);
