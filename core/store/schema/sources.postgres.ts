import { sql } from "drizzle-orm";
import { index, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { flag, gateway, givenId, int } from "../postgres/columns.ts";
import type { KeptLeftover, KeptReason } from "../store.ts";

/** The tables of plugins at run time on PostgreSQL, twins of those on SQLite. */

/**
 * A sender's request as it came, and what became of it. `sealed` holds query, headers and body until `expires_at`. `waiting` is
 * to be handled at `next_attempt_at`; `kept` came while its source was disabled or unusable; `set_aside` and `failed` need a person.
 * `attempts` counts all of them, `failures` those in a row since `trying_since`, when it was begun or replayed for the `replays`-th time.
 */
export const rawIntakes = gateway.table(
  "raw_intakes",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    sourceId: int("source_id").notNull(),
    state: text().$type<"waiting" | "kept" | "taken" | "ignored" | "set_aside" | "failed">().notNull(),
    method: text().$type<"GET" | "POST">().notNull(),
    bytes: int().notNull(),
    sealed: text(),
    attempts: int().notNull().default(0),
    replays: int().notNull().default(0),
    failures: int().notNull().default(0),
    tryingSince: int("trying_since"),
    nextAttemptAt: int("next_attempt_at"),
    claim: text(),
    leaseUntil: int("lease_until"),
    errorCode: text("error_code"),
    error: jsonb().$type<KeptReason>(),
    leftovers: jsonb().$type<readonly KeptLeftover[]>().notNull(),
    accepted: int().notNull().default(0),
    duplicates: int().notNull().default(0),
    rejected: int().notNull().default(0),
    receivedAt: int("received_at").notNull(),
    handledAt: int("handled_at"),
    expiresAt: int("expires_at").notNull(),
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
export const rawIntakeBatches = gateway.table(
  "raw_intake_batches",
  {
    rawIntakeId: int("raw_intake_id").notNull(),
    batchId: int("batch_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.rawIntakeId, t.batchId] })],
);

/** What a plugin keeps of a source, sealed: cursors, tokens of a CRM. */
export const sourceState = gateway.table(
  "source_state",
  {
    sourceId: int("source_id").notNull(),
    name: text().notNull(),
    sealed: text().notNull(),
    updatedAt: int("updated_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.name] })],
);

/** How a source fares. After some failures in a row it rests until `resting_until`, when one try tells whether it works again. */
export const sourceHealth = gateway.table(
  "source_health",
  {
    sourceId: int("source_id").notNull(),
    failures: int().notNull().default(0),
    restingUntil: int("resting_until"),
    errorCode: text("error_code"),
    error: jsonb().$type<KeptReason>(),
    failedAt: int("failed_at"),
    workedAt: int("worked_at"),
  },
  (t) => [primaryKey({ columns: [t.sourceId] })],
);

/** One run of a source: by its schedule, by a person, or over a file. `input` is what it was asked with. */
export const runs = gateway.table(
  "runs",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    sourceId: int("source_id").notNull(),
    kind: text().$type<"schedule" | "manual" | "dry_run" | "event" | "import">().notNull(),
    state: text().$type<"waiting" | "running" | "succeeded" | "failed" | "cancelled">().notNull(),
    input: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
    dueAt: int("due_at").notNull(),
    nextAttemptAt: int("next_attempt_at"),
    attempts: int().notNull().default(0),
    claim: text(),
    leaseUntil: int("lease_until"),
    done: int().notNull().default(0),
    total: int(),
    accepted: int().notNull().default(0),
    duplicates: int().notNull().default(0),
    rejected: int().notNull().default(0),
    errorCode: text("error_code"),
    error: jsonb().$type<KeptReason>(),
    leftovers: jsonb().$type<readonly KeptLeftover[]>().notNull(),
    report: jsonb().$type<Readonly<Record<string, unknown>>>(),
    createdAt: int("created_at").notNull(),
    startedAt: int("started_at"),
    endedAt: int("ended_at"),
  },
  (t) => [
    index("runs_of_source").on(t.sourceId, t.id),
    index("runs_due").on(t.nextAttemptAt).where(sql`state = 'waiting'`),
    index("runs_running").on(t.leaseUntil).where(sql`state = 'running'`),
    uniqueIndex("runs_scheduled").on(t.sourceId, t.dueAt).where(sql`kind = 'schedule'`),
  ],
);

/** The batches that a run has emitted. */
export const runBatches = gateway.table(
  "run_batches",
  {
    runId: int("run_id").notNull(),
    batchId: int("batch_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.batchId] })],
);

/** The counters besides its own that a source's facts have been for; kept when its options allow one no longer, since rows may wait. */
export const sourceCounters = gateway.table(
  "source_counters",
  {
    sourceId: int("source_id").notNull(),
    counterId: int("counter_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.counterId] })],
);

/**
 * A sale whose buyer is known by phone or e-mail alone: their MD5, as Metrika's CRM orders take them, never the contact itself.
 * `key_hash` is the keyed hash by which the sale is known.
 */
export const contactSales = gateway.table(
  "contact_sales",
  {
    id: givenId(),
    keyHash: text("key_hash").notNull().unique(),
    sourceId: int("source_id").notNull(),
    workspaceId: int("workspace_id").notNull(),
    counterId: int("counter_id").notNull(),
    target: text().notNull(),
    dateTime: int("date_time").notNull(),
    price: text(),
    currency: text().notNull(),
    phoneMd5: text("phone_md5"),
    emailMd5: text("email_md5"),
    receivedAt: int("received_at").notNull(),
    expiresAt: int("expires_at").notNull(),
  },
  (t) => [index("contact_sales_of_source").on(t.sourceId, t.id), index("contact_sales_expiry").on(t.expiresAt)],
);

/**
 * The sales without an identifier that have been counted, by the keyed hash that each is known by: told again, it is not counted
 * again, and one that was refused counts as `by_contact` once its contact came, on the day on which it was counted.
 */
export const unidentifiedFacts = gateway.table(
  "unidentified_facts",
  {
    keyHash: text("key_hash").notNull().primaryKey(),
    sourceId: int("source_id").notNull(),
    day: int().notNull(),
    byContact: flag("by_contact").notNull(),
    expiresAt: int("expires_at").notNull(),
  },
  (t) => [index("unidentified_facts_expiry").on(t.expiresAt)],
);

/** How many sales of a source came without an identifier, by day (days since 1970, UTC) and by whether a contact stood in. */
export const unidentifiedSales = gateway.table(
  "unidentified_sales",
  {
    sourceId: int("source_id").notNull(),
    day: int().notNull(),
    refused: int().notNull().default(0),
    byContact: int("by_contact").notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.day] })],
);
