import * as v from "valibot";
import { component } from "../../core/plugin/valibot-openapi.ts";
import { rawIntakeStates, replayableStates } from "../../core/store/port/raw-intakes.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const instant = v.pipe(v.string(), v.description("ISO 8601, UTC"));

const Told = v.object({ code: v.string(), message: v.string() });

/** A part that became no conversion. */
const Leftover = v.object({
  subject: v.pipe(v.string(), v.description("What it is about, in the CRM's words")),
  code: v.string(),
  message: v.string(),
  needs: v.pipe(
    v.picklist(["nothing", "person"]),
    v.description("`person`: set aside until somebody mends it; a replay takes it again"),
  ),
});

const summary = {
  intake_id: v.string(),
  state: v.picklist(rawIntakeStates),
  method: v.picklist(["GET", "POST"]),
  bytes: count,
  received_at: instant,
  handled_at: v.nullable(instant),
  attempts: v.pipe(count, v.description("Times that it was begun to be handled, over all replays")),
  replays: count,
  next_attempt_at: v.nullable(instant),
  error: v.pipe(v.nullable(Told), v.description("Why it waits or was given up")),
  accepted: v.pipe(count, v.description("Conversions that it became, over all replays")),
  duplicates: count,
  rejected: count,
  leftovers: v.array(Leftover),
  expires_at: v.pipe(v.nullable(instant), v.description("When the request itself is forgotten; null while it waits")),
};

/** A request that was kept, as lists tell it. */
export const RawIntakeSummary = v.pipe(v.object(summary), component("RawIntakeSummary"));

/** The raw intakes of a source. */
export const RawIntakePage = v.pipe(
  v.object({
    data: v.array(RawIntakeSummary),
    next_cursor: v.pipe(v.nullable(v.string()), v.description("Give it as `cursor` for the next page")),
    counts: v.pipe(
      v.object(Object.fromEntries(rawIntakeStates.map((state) => [state, count]))),
      v.description("Of all of the source, by state"),
    ),
  }),
  component("RawIntakePage"),
);

/** One request with its content. */
export const RawIntake = v.pipe(
  v.object({
    ...summary,
    batch_ids: v.pipe(v.array(v.string()), v.description("The batches that it became, oldest first")),
    request: v.pipe(
      v.nullable(
        v.object({
          query: v.record(v.string(), v.string()),
          headers: v.record(v.string(), v.string()),
          body: v.pipe(
            v.nullable(v.string()),
            v.description("Null for a body that is no text; a form is one field a line"),
          ),
          is_truncated: v.boolean(),
        }),
      ),
      v.description("What was sent, with secrets and contacts masked; null once it is forgotten"),
    ),
  }),
  component("RawIntake"),
);

/** Which raw intakes are to be replayed. */
export const RawIntakeReplay = v.pipe(
  v.strictObject({
    states: v.optional(
      v.pipe(
        v.array(v.picklist(replayableStates)),
        v.minLength(1),
        v.description("Default: what needs a person: kept, set_aside and failed"),
      ),
    ),
    intake_ids: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(100))), v.minLength(1), v.maxLength(1000))),
    received_from: v.optional(v.pipe(v.string(), v.description("From this instant on"))),
    received_before: v.optional(v.pipe(v.string(), v.description("Before this instant"))),
    dry_run: v.optional(v.pipe(v.boolean(), v.description("Only count. Default: false"))),
  }),
  component("RawIntakeReplay"),
);

/** What a replay brings back. */
export const RawIntakeReplayed = v.pipe(
  v.object({
    replayed: v.pipe(count, v.description("Requests that are handled once more, or would be")),
    dry_run: v.boolean(),
  }),
  component("RawIntakeReplayed"),
);
