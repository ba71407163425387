import * as v from "valibot";
import { identifierKinds } from "../conversion/natural-key.ts";
import { uploadStates } from "../store/port/uploads.ts";
import { component } from "./valibot-openapi.ts";

const instant = v.pipe(v.string(), v.description("ISO 8601, UTC"));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.nullable(v.string());
const index = v.pipe(count, v.description("The row's place in the request, from 0"));

const Fault = v.object({
  field: v.string(),
  code: v.pipe(v.string(), v.description("Stable code for programs")),
  message: v.pipe(v.string(), v.description("What is wrong and how to mend it, in Russian or English")),
});

/** A refused row: its main fault, and further ones under `more`. */
export const Rejection = v.pipe(
  v.object({
    index,
    ...Fault.entries,
    more: v.optional(v.pipe(v.array(Fault), v.description("Further faults of the same row"))),
  }),
  component("Rejection"),
);

/** What the sender should know about a row that was accepted all the same. */
export const Warning = v.pipe(v.object({ index, ...Fault.entries }), component("Warning"));

const counts = {
  accepted_count: count,
  duplicate_count: count,
  rejected_count: count,
  duplicates: v.pipe(
    v.array(v.object({ index, conversion_id: v.string() })),
    v.description("Rows that repeat a known conversion, with its id (the first 1000)"),
  ),
  rejections: v.array(Rejection),
  warnings: v.pipe(v.array(Warning), v.description("The first 1000")),
};

/** The answer to an intake. */
export const Receipt = v.pipe(
  v.object({ batch_id: text, status: v.literal("accepted"), ...counts }),
  component("Receipt"),
);

/** A conversion in its canonical spelling. */
export const Conversion = v.pipe(
  v.object({
    client_id: text,
    user_id: text,
    yclid: text,
    purchase_id: text,
    target: v.string(),
    date_time: instant,
    price: v.pipe(text, v.description("Exact decimal")),
    currency: text,
  }),
  component("Conversion"),
);

/** What an intake would have stored and sent. */
export const DryRun = v.pipe(
  v.object({
    status: v.literal("dry_run"),
    ...counts,
    conversions: v.array(v.object({ index, ...Conversion.entries })),
    csv: v.pipe(v.string(), v.description("The rows as they would stand in the file for Metrika")),
  }),
  component("DryRun"),
);

const quantity = v.nullable(count);

/** An upload with Metrika's own numbers about it. */
export const Upload = v.pipe(
  v.object({
    upload_id: v.string(),
    counter_id: count,
    state: v.picklist(uploadStates),
    currency: v.string(),
    target: v.pipe(text, v.description("The one target of its rows; null when rows of several kinds share it")),
    identifier: v.pipe(
      v.nullable(v.picklist(identifierKinds)),
      v.description("The one kind of strongest identifier of its rows; null when rows of several kinds share it"),
    ),
    rows: count,
    metrika_upload_id: text,
    metrika_status: text,
    source_quantity: quantity,
    line_quantity: quantity,
    linked_quantity: quantity,
    goal_not_found_quantity: quantity,
    user_not_found_quantity: quantity,
    error_code: text,
    error: text,
    attempts: count,
    replay_of: v.pipe(text, v.description("The failed upload whose rows it carries again")),
    replayed_by: v.pipe(v.array(v.string()), v.description("Uploads that carry the rows of this failed one again")),
    created_at: instant,
    sent_at: v.nullable(instant),
    settled_at: v.nullable(instant),
    deadline: v.pipe(
      v.nullable(instant),
      v.description(
        "When the first of its rows that came in time can no longer be joined to a visit: 21 days after it",
      ),
    ),
    late_at: v.pipe(v.nullable(instant), v.description("When it was noticed that it waits beyond its deadline")),
    next_attempt_at: v.nullable(instant),
  }),
  component("Upload"),
);

const reason = v.picklist([
  "checking_goal",
  "waiting_goal",
  "goal_not_found",
  "waiting_upload",
  "requeued",
  "delivery_paused",
  "cancelled",
]);

/** The status of a batch: the specified fields, and beside them all that is known. */
export const BatchStatus = v.pipe(
  v.object({
    batch_id: v.string(),
    status: v.picklist(["pending", "uploaded", "processing", "completed", "error"]),
    webhook_id: v.string(),
    counter_id: count,
    created_at: instant,
    updated_at: instant,
    metrika_upload_id: text,
    total: v.pipe(count, v.description("Rows received: accepted + duplicates + rejected")),
    processed: v.pipe(count, v.description("Rows whose file Metrika has finished and taken, and repeats of such")),
    errors: v.nullable(v.array(v.string())),
    accepted: count,
    duplicates: count,
    rejected: count,
    rejections: v.array(Rejection),
    warnings: v.array(Warning),
    linked: v.pipe(quantity, v.description("Rows joined to visits; null while unknown or when files are shared")),
    goal_not_found: quantity,
    user_not_found: quantity,
    linkage: v.nullable(v.picklist(["exact", "shared_file"])),
    set_aside: v.array(v.object({ target: v.string(), reason, rows: count })),
    uploads: v.array(v.object({ ...Upload.entries, batch_rows: count, batch_duplicates: count })),
    next_attempt_at: v.nullable(instant),
    status_version: count,
  }),
  component("BatchStatus"),
);

/** One received row with its fate. */
export const BatchRow = v.pipe(
  v.object({
    index,
    kind: v.picklist(["accepted", "replaced", "duplicate", "rejected"]),
    conversion_id: text,
    revision: v.pipe(
      quantity,
      v.description("Which telling of its conversion the row is or repeats: 0 is the first, each correction one more"),
    ),
    conversion: v.nullable(Conversion),
    sent_time: v.pipe(
      v.nullable(instant),
      v.description(
        "The second given to Metrika, if another sale of the visitor with this target holds that of `date_time`; never changed. Equal to `date_time`: no second was free within 30 s back",
      ),
    ),
    status: v.picklist(["pending", "processed", "error"]),
    detail: v.pipe(v.string(), v.description("The finer truth: queued, waiting_goal, sent, linked, linked_n_of_m, …")),
    message: v.string(),
    late: v.pipe(v.boolean(), v.description("It waits in a file that is beyond its deadline; it is still sent")),
    upload_id: text,
    rejection: v.nullable(Rejection),
    received: v.pipe(
      text,
      v.description("A refused row as it came, as JSON text, for 30 days; null for other rows and for very long ones"),
    ),
  }),
  component("BatchRow"),
);

/** One try to send an upload, to poll it or to look a lost answer up, or a person's decision about it. */
export const Attempt = v.pipe(
  v.object({
    kind: v.picklist(["send", "poll", "read_back", "decision"]),
    started_at: instant,
    ended_at: instant,
    outcome: v.string(),
    code: text,
    detail: text,
  }),
  component("Attempt"),
);
