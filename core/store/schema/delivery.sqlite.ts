import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

import type { DeadLetterCursor, DeadLetterFilter, SourceOptions } from "../store.ts";

/**
 * The tables on SQLite. Instants are integers of Unix milliseconds except `conversions.date_time` and `sent_time`, which
 * are the Unix seconds that Metrika counts by. Ids are integers inside; `uuid` columns are the public ids.
 */

/**
 * One row: who this installation is, the canary by which a wrong master key is noticed at start, and the key of keyed hashes,
 * null until the master key is changed.
 */
export const installation = sqliteTable("installation", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  vaultCheck: text("vault_check").notNull(),
  sealedHashingKey: text("sealed_hashing_key"),
  createdAt: integer("created_at").notNull(),
});

/** Tenants; the first start makes one. */
export const workspaces = sqliteTable("workspaces", {
  id: integer().primaryKey(),
  uuid: text().notNull().unique(),
  name: text().notNull(),
  createdAt: integer("created_at").notNull(),
});

/** Keys of programs; `hash` is SHA-256 in hex. */
export const apiKeys = sqliteTable("api_keys", {
  id: integer().primaryKey(),
  uuid: text().notNull().unique(),
  workspaceId: integer("workspace_id")
    .notNull()
    .references(() => workspaces.id),
  name: text().notNull(),
  prefix: text().notNull().unique(),
  hash: text().notNull(),
  scopes: text({ mode: "json" }).$type<readonly string[]>().notNull(),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at"),
  lastUsedAt: integer("last_used_at"),
  revokedAt: integer("revoked_at"),
});

/** What opens a counter: an OAuth token, sealed. `login` is the quota's owner; null until Yandex has told it. */
export const credentials = sqliteTable("credentials", {
  id: integer().primaryKey(),
  uuid: text().notNull().unique(),
  workspaceId: integer("workspace_id")
    .notNull()
    .references(() => workspaces.id),
  sealedToken: text("sealed_token").notNull(),
  tokenHash: text("token_hash").notNull(),
  login: text(),
  pausedUntil: integer("paused_until"),
  pausedReason: text("paused_reason"),
  pauses: integer().notNull().default(0),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** One configured use of a plugin. Zone and currency are resolved once, so that a retry gets the same second. */
export const sources = sqliteTable(
  "sources",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    workspaceId: integer("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    plugin: text().notNull(),
    name: text().notNull(),
    description: text(),
    counterId: integer("counter_id").notNull(),
    credentialId: integer("credential_id")
      .notNull()
      .references(() => credentials.id),
    config: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
    options: text({ mode: "json" }).$type<SourceOptions>().notNull(),
    sealedConfig: text("sealed_config"),
    configVersion: integer("config_version").notNull(),
    timeZone: text("time_zone").notNull(),
    timeZoneFrom: text("time_zone_from").notNull(),
    defaultCurrency: text("default_currency").notNull(),
    defaultCurrencyFrom: text("default_currency_from").notNull(),
    language: text().$type<"ru" | "en">().notNull(),
    secretHash: text("secret_hash"),
    sealedSecret: text("sealed_secret"),
    previousSecretHash: text("previous_secret_hash"),
    previousSealedSecret: text("previous_sealed_secret"),
    previousSecretExpiresAt: integer("previous_secret_expires_at"),
    isActive: integer("is_active", { mode: "boolean" }).notNull(),
    deliveryPaused: integer("delivery_paused", { mode: "boolean" }).notNull().default(false),
    schedule: text(),
    nextRunAt: integer("next_run_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    deletedAt: integer("deleted_at"),
  },
  (t) => [index("sources_of_workspace").on(t.workspaceId, t.id)],
);

/**
 * What one intake handed over. The rows it created have ids from `first_conversion_id` to `last_conversion_id`. `counter_id` is null
 * where it is the source's own.
 */
export const batches = sqliteTable(
  "batches",
  {
    id: integer().primaryKey(),
    sourceId: integer("source_id").notNull(),
    counterId: integer("counter_id"),
    received: integer().notNull(),
    duplicates: integer().notNull(),
    rejected: integer().notNull(),
    sealed: integer({ mode: "boolean" }).notNull(),
    warnings: text(),
    firstConversionId: integer("first_conversion_id"),
    lastConversionId: integer("last_conversion_id"),
    statusVersion: integer("status_version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [index("batches_unsealed").on(t.id).where(sql`sealed = 0`)],
);

/** The batches of each source, filed some time after they came. */
export const sourceBatches = sqliteTable(
  "source_batches",
  {
    sourceId: integer("source_id").notNull(),
    batchId: integer("batch_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.batchId] })],
);

/**
 * The latest revision of a fact. The natural key begins with the time, so that all counters share one growing edge of the
 * index. The partial indexes cost an insert nothing: a new row has no upload, is not set aside, not a correction and not moved to
 * another second.
 */
export const conversions = sqliteTable(
  "conversions",
  {
    id: integer().primaryKey(),
    batchId: integer("batch_id").notNull(),
    row: integer().notNull(),
    sourceId: integer("source_id").notNull(),
    workspaceId: integer("workspace_id").notNull(),
    counterId: integer("counter_id").notNull(),
    dateTime: integer("date_time").notNull(),
    target: text().notNull(),
    clientId: text("client_id").notNull().default(""),
    userId: text("user_id").notNull().default(""),
    yclid: text().notNull().default(""),
    purchaseId: text("purchase_id").notNull().default(""),
    price: text(),
    currency: text().notNull().default(""),
    revision: integer().notNull().default(0),
    sentTime: integer("sent_time"),
    uploadId: integer("upload_id"),
    setAside: text("set_aside"),
  },
  (t) => [
    uniqueIndex("conversions_natural_key").on(
      t.dateTime,
      t.counterId,
      t.workspaceId,
      t.target,
      t.clientId,
      t.userId,
      t.yclid,
      t.purchaseId,
    ),
    index("conversions_of_upload").on(t.uploadId).where(sql`upload_id is not null`),
    index("conversions_set_aside").on(t.setAside, t.counterId).where(sql`set_aside is not null`),
    index("conversions_corrected").on(t.batchId).where(sql`revision > 0`),
    index("conversions_moved").on(t.sentTime, t.counterId).where(sql`sent_time is not null`),
  ],
);

/** Earlier revisions of a corrected or revived fact, each with the batch that told it and the file it went in. */
export const conversionRevisions = sqliteTable(
  "conversion_revisions",
  {
    conversionId: integer("conversion_id").notNull(),
    revision: integer().notNull(),
    batchId: integer("batch_id").notNull(),
    row: integer().notNull(),
    price: text(),
    currency: text().notNull(),
    uploadId: integer("upload_id"),
    outcome: text(),
    replacedAt: integer("replaced_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.conversionId, t.revision] }),
    index("conversion_revisions_of_batch").on(t.batchId, t.row),
    index("conversion_revisions_of_upload").on(t.uploadId).where(sql`upload_id is not null`),
  ],
);

/** A repeat and its original, whose fate it follows; `upload_id` is null until the original stands in a file. */
export const duplicates = sqliteTable(
  "duplicates",
  {
    batchId: integer("batch_id").notNull(),
    row: integer().notNull(),
    conversionId: integer("conversion_id").notNull(),
    revision: integer().notNull(),
    uploadId: integer("upload_id"),
  },
  (t) => [
    primaryKey({ columns: [t.batchId, t.row] }),
    index("duplicates_waiting").on(t.conversionId).where(sql`upload_id is null`),
  ],
);

/** A refused row: why, and (sealed, until `expires_at`) what was received. */
export const rejectedRows = sqliteTable(
  "rejected_rows",
  {
    batchId: integer("batch_id").notNull(),
    row: integer().notNull(),
    code: text().notNull(),
    field: text().notNull(),
    sealed: text(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.batchId, t.row] }),
    index("rejected_rows_expiry").on(t.expiresAt).where(sql`sealed is not null`),
  ],
);

/**
 * Keys by which a fact is known besides its natural key; the key itself is kept only as a keyed hash. A key outlives its
 * fact: when the fact passes its retention, the file it went in stays here for its later repeats to follow.
 */
export const sourceKeys = sqliteTable(
  "source_keys",
  {
    keyHash: text("key_hash").notNull().primaryKey(),
    conversionId: integer("conversion_id").notNull(),
    uploadId: integer("upload_id"),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("source_keys_expiry").on(t.expiresAt), index("source_keys_of_conversion").on(t.conversionId)],
);

/** Which batch answered a sender's idempotency key (kept as a keyed hash), and for which body. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    sourceId: integer("source_id").notNull(),
    key: text().notNull(),
    bodyHash: text("body_hash").notNull(),
    batchId: integer("batch_id").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.key] }), index("idempotency_expiry").on(t.expiresAt)],
);

/**
 * How many rows (and repeats of them) of a batch stand in an upload; a batch's status is derived from here. `completed`: the
 * upload was completed before the repeats came, so nothing moves them any more and nobody looks for them by the upload. The
 * index leaves them out: a storm of repeats would touch it in as many places as it meets files (measured: 51 pages written
 * for 64 repeats, 13 without).
 */
export const batchUploads = sqliteTable(
  "batch_uploads",
  {
    batchId: integer("batch_id").notNull(),
    uploadId: integer("upload_id").notNull(),
    rows: integer().notNull(),
    duplicates: integer().notNull(),
    completed: integer({ mode: "boolean" }).notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.batchId, t.uploadId] }),
    index("batch_uploads_of_upload").on(t.uploadId).where(sql`rows > 0 or completed = 0`),
  ],
);

/** How many rows of a batch are set aside, by target and reason (`waiting_goal`, `goal_not_found`, `cancelled`). */
export const batchSetAside = sqliteTable(
  "batch_set_aside",
  {
    batchId: integer("batch_id").notNull(),
    target: text().notNull(),
    reason: text().notNull(),
    rows: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.batchId, t.target, t.reason] })],
);

/**
 * What an upload is made of: rows by source, target and strongest identifier. Metrika tells a file's outcome in sums; of a
 * file with one group the sum is the group's own, of others it bounds it.
 */
export const uploadGroups = sqliteTable(
  "upload_groups",
  {
    uploadId: integer("upload_id").notNull(),
    sourceId: integer("source_id").notNull(),
    target: text().notNull(),
    identifier: text().notNull(),
    rows: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.uploadId, t.sourceId, t.target, t.identifier] }),
    index("upload_groups_of_source").on(t.sourceId, t.uploadId),
  ],
);

/**
 * One CSV file for one counter, its lane and Metrika's numbers about it. `target` and `identifier` name the one kind of rows
 * that a lane takes; null in both: rows of every kind share the file.
 */
export const uploads = sqliteTable(
  "uploads",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    workspaceId: integer("workspace_id").notNull(),
    counterId: integer("counter_id").notNull(),
    credentialId: integer("credential_id").notNull(),
    currency: text().notNull(),
    target: text(),
    identifier: text(),
    uncertainPolicy: text("uncertain_policy").$type<"resend" | "hold">().notNull().default("resend"),
    state: text().notNull(),
    rows: integer().notNull().default(0),
    bytes: integer().notNull().default(0),
    ripeAt: integer("ripe_at").notNull(),
    notBefore: integer("not_before").notNull(),
    deadline: integer(),
    lateAt: integer("late_at"),
    nextAttemptAt: integer("next_attempt_at").notNull(),
    attempts: integer().notNull().default(0),
    claim: text(),
    leaseUntil: integer("lease_until"),
    requestEndedAt: integer("request_ended_at"),
    completeLists: integer("complete_lists").notNull().default(0),
    metrikaUploadId: text("metrika_upload_id"),
    metrikaStatus: text("metrika_status"),
    sourceQuantity: integer("source_quantity"),
    lineQuantity: integer("line_quantity"),
    linkedQuantity: integer("linked_quantity"),
    goalNotFoundQuantity: integer("goal_not_found_quantity"),
    userNotFoundQuantity: integer("user_not_found_quantity"),
    errorCode: text("error_code"),
    errorText: text("error_text"),
    replayOf: integer("replay_of"),
    createdAt: integer("created_at").notNull(),
    sealedAt: integer("sealed_at"),
    sentAt: integer("sent_at"),
    settledAt: integer("settled_at"),
    updatedAt: integer("updated_at").notNull(),
    version: integer().notNull().default(1),
  },
  (t) => [
    index("uploads_due").on(t.state, t.nextAttemptAt),
    index("uploads_of_counter").on(t.counterId, t.id),
    index("uploads_filling").on(t.counterId, t.credentialId, t.currency, t.workspaceId).where(sql`state = 'filling'`),
    index("uploads_created").on(t.createdAt),
    index("uploads_settled").on(t.settledAt).where(sql`settled_at is not null`),
    index("uploads_failed").on(t.id).where(sql`state = 'failed'`),
    index("uploads_replays").on(t.replayOf).where(sql`replay_of is not null`),
  ],
);

/** One try to send, to poll or to look a lost answer up. */
export const uploadAttempts = sqliteTable(
  "upload_attempts",
  {
    id: integer().primaryKey(),
    uploadId: integer("upload_id").notNull(),
    kind: text().notNull(),
    startedAt: integer("started_at").notNull(),
    endedAt: integer("ended_at").notNull(),
    outcome: text().notNull(),
    code: text(),
    detail: text(),
  },
  (t) => [index("upload_attempts_of_upload").on(t.uploadId, t.id)],
);

/** The event identifiers that offline conversions can reach on a counter, as last read from Metrika. */
export const counterGoals = sqliteTable(
  "counter_goals",
  {
    workspaceId: integer("workspace_id").notNull(),
    counterId: integer("counter_id").notNull(),
    identifiers: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    fetchedAt: integer("fetched_at"),
    attemptedAt: integer("attempted_at").notNull(),
    failures: integer().notNull().default(0),
    unreadableSince: integer("unreadable_since"),
    errorCode: text("error_code"),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.counterId] })],
);

/** Requests that a Yandex login has spent of a day's quota (`day`: days since 1970, GMT), reads and writes apart. */
export const loginQuota = sqliteTable(
  "login_quota",
  {
    loginKey: text("login_key").notNull(),
    day: integer().notNull(),
    reads: integer().notNull().default(0),
    writes: integer().notNull().default(0),
    exhaustedAt: integer("exhausted_at"),
  },
  (t) => [primaryKey({ columns: [t.loginKey, t.day] })],
);

/** A person's wish to bring dead letters back: which, and how far it has got. */
export const replays = sqliteTable(
  "replays",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    workspaceId: integer("workspace_id").notNull(),
    filter: text({ mode: "json" }).$type<DeadLetterFilter>().notNull(),
    state: text().$type<"running" | "completed" | "cancelled">().notNull(),
    matched: integer().notNull(),
    replayed: integer().notNull().default(0),
    cursor: text({ mode: "json" }).$type<DeadLetterCursor>(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    endedAt: integer("ended_at"),
  },
  (t) => [
    index("replays_running").on(t.id).where(sql`state = 'running'`),
    index("replays_of_workspace").on(t.workspaceId, t.id),
  ],
);

/** Named positions of the worker, such as the last conversion that was given a file. */
export const watermarks = sqliteTable("watermarks", {
  name: text().primaryKey(),
  value: integer().notNull(),
});
