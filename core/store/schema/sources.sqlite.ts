import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { KeptLeftover, KeptReason } from "../store.ts";

/** The tables of plugins at run time on SQLite; instants are Unix milliseconds. Sources themselves stand in `delivery.sqlite.ts`. */

/**
 * A sender's request as it came, and what became of it. `sealed` holds query, headers and body until `expires_at`. `waiting` is
 * to be handled at `next_attempt_at`; `kept` came while its source was disabled or unusable; `set_aside` and `failed` need a person.
 * `attempts` counts all of them, `failures` those in a row since `trying_since`, when it was begun or replayed for the `replays`-th time.
 */
export const rawIntakes = sqliteTable(
  "raw_intakes",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    sourceId: integer("source_id").notNull(),
    state: text().$type<"waiting" | "kept" | "taken" | "ignored" | "set_aside" | "failed">().notNull(),
    method: text().$type<"GET" | "POST">().notNull(),
    bytes: integer().notNull(),
    sealed: text(),
    attempts: integer().notNull().default(0),
    replays: integer().notNull().default(0),
    failures: integer().notNull().default(0),
    tryingSince: integer("trying_since"),
    nextAttemptAt: integer("next_attempt_at"),
    claim: text(),
    leaseUntil: integer("lease_until"),
    errorCode: text("error_code"),
    error: text({ mode: "json" }).$type<KeptReason>(),
    leftovers: text({ mode: "json" }).$type<readonly KeptLeftover[]>().notNull(),
    accepted: integer().notNull().default(0),
    duplicates: integer().notNull().default(0),
    rejected: integer().notNull().default(0),
    receivedAt: integer("received_at").notNull(),
    handledAt: integer("handled_at"),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [
    index("raw_intakes_of_source").on(t.sourceId, t.id),
    index("raw_intakes_by_state").on(t.sourceId, t.state, t.id),
    index("raw_intakes_due").on(t.sourceId, t.nextAttemptAt, t.id).where(sql`state = 'waiting'`),
    index("raw_intakes_kept").on(t.sourceId, t.id).where(sql`state = 'kept'`),
    index("raw_intakes_claimed").on(t.sourceId, t.leaseUntil).where(sql`claim is not null`),
    index("raw_intakes_expiry").on(t.expiresAt).where(sql`sealed is not null`),
    index("raw_intakes_gone").on(t.expiresAt).where(sql`sealed is null`),
  ],
);

/** The batches that a raw intake has become, a new one with each replay that told something new. */
export const rawIntakeBatches = sqliteTable(
  "raw_intake_batches",
  {
    rawIntakeId: integer("raw_intake_id").notNull(),
    batchId: integer("batch_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.rawIntakeId, t.batchId] })],
);

/** What a plugin keeps of a source, sealed: cursors, tokens of a CRM. */
export const sourceState = sqliteTable(
  "source_state",
  {
    sourceId: integer("source_id").notNull(),
    name: text().notNull(),
    sealed: text().notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.name] })],
);

/** How a source fares. After some failures in a row it rests until `resting_until`, when one try tells whether it works again. */
export const sourceHealth = sqliteTable(
  "source_health",
  {
    sourceId: integer("source_id").notNull(),
    failures: integer().notNull().default(0),
    restingUntil: integer("resting_until"),
    errorCode: text("error_code"),
    error: text({ mode: "json" }).$type<KeptReason>(),
    failedAt: integer("failed_at"),
    workedAt: integer("worked_at"),
  },
  (t) => [primaryKey({ columns: [t.sourceId] })],
);

/** One run of a source: by its schedule, by a person, or over a file. `input` is what it was asked with. */
export const runs = sqliteTable(
  "runs",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    sourceId: integer("source_id").notNull(),
    kind: text().$type<"schedule" | "manual" | "dry_run" | "event" | "import">().notNull(),
    state: text().$type<"waiting" | "running" | "succeeded" | "failed" | "cancelled">().notNull(),
    input: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
    dueAt: integer("due_at").notNull(),
    nextAttemptAt: integer("next_attempt_at"),
    attempts: integer().notNull().default(0),
    claim: text(),
    leaseUntil: integer("lease_until"),
    done: integer().notNull().default(0),
    total: integer(),
    accepted: integer().notNull().default(0),
    duplicates: integer().notNull().default(0),
    rejected: integer().notNull().default(0),
    errorCode: text("error_code"),
    error: text({ mode: "json" }).$type<KeptReason>(),
    leftovers: text({ mode: "json" }).$type<readonly KeptLeftover[]>().notNull(),
    report: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>(),
    createdAt: integer("created_at").notNull(),
    startedAt: integer("started_at"),
    endedAt: integer("ended_at"),
  },
  (t) => [
    index("runs_of_source").on(t.sourceId, t.id),
    index("runs_due").on(t.nextAttemptAt).where(sql`state = 'waiting'`),
    index("runs_running").on(t.leaseUntil).where(sql`state = 'running'`),
    uniqueIndex("runs_scheduled").on(t.sourceId, t.dueAt).where(sql`kind = 'schedule'`),
  ],
);

/** The batches that a run has emitted. */
export const runBatches = sqliteTable(
  "run_batches",
  {
    runId: integer("run_id").notNull(),
    batchId: integer("batch_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.batchId] })],
);

/** The counters besides its own that a source's facts have been for; kept when its options allow one no longer, since rows may wait. */
export const sourceCounters = sqliteTable(
  "source_counters",
  {
    sourceId: integer("source_id").notNull(),
    counterId: integer("counter_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.counterId] })],
);

/**
 * A sale whose buyer is known by phone or e-mail alone: their MD5, as Metrika's CRM orders take them, never the contact itself.
 * `key_hash` is the keyed hash by which the sale is known.
 */
export const contactSales = sqliteTable(
  "contact_sales",
  {
    id: integer().primaryKey(),
    keyHash: text("key_hash").notNull().unique(),
    sourceId: integer("source_id").notNull(),
    workspaceId: integer("workspace_id").notNull(),
    counterId: integer("counter_id").notNull(),
    target: text().notNull(),
    dateTime: integer("date_time").notNull(),
    price: text(),
    currency: text().notNull(),
    phoneMd5: text("phone_md5"),
    emailMd5: text("email_md5"),
    receivedAt: integer("received_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("contact_sales_of_source").on(t.sourceId, t.id), index("contact_sales_expiry").on(t.expiresAt)],
);

/**
 * The sales without an identifier that have been counted, by the keyed hash that each is known by: told again, it is not counted
 * again, and one that was refused counts as `by_contact` once its contact came, on the day on which it was counted.
 */
export const unidentifiedFacts = sqliteTable(
  "unidentified_facts",
  {
    keyHash: text("key_hash").notNull().primaryKey(),
    sourceId: integer("source_id").notNull(),
    day: integer().notNull(),
    byContact: integer("by_contact", { mode: "boolean" }).notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("unidentified_facts_expiry").on(t.expiresAt)],
);

/** How many sales of a source came without an identifier, by day (days since 1970, UTC) and by whether a contact stood in. */
export const unidentifiedSales = sqliteTable(
  "unidentified_sales",
  {
    sourceId: integer("source_id").notNull(),
    day: integer().notNull(),
    refused: integer().notNull().default(0),
    byContact: integer("by_contact").notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.day] })],
);
