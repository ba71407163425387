import { sql } from "drizzle-orm";
import { index, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { flag, gateway, givenId, int } from "../postgres/columns.ts";

import type { DeadLetterCursor, DeadLetterFilter, SourceOptions } from "../store.ts";

/**
 * The tables on PostgreSQL, twins of those on SQLite: the same names, the same values in the same units. Those of people and
 * accounts stand in `people.postgres.ts`.
 */

/**
 * One row: who this installation is, the canary by which a wrong master key is noticed at start, and the key of keyed hashes,
 * null until the master key is changed.
 */
export const installation = gateway.table("installation", {
  id: int().primaryKey(),
  uuid: text().notNull(),
  vaultCheck: text("vault_check").notNull(),
  sealedHashingKey: text("sealed_hashing_key"),
  createdAt: int("created_at").notNull(),
});

/** Tenants; the first start makes one. */
export const workspaces = gateway.table("workspaces", {
  id: givenId(),
  uuid: text().notNull().unique(),
  name: text().notNull(),
  createdAt: int("created_at").notNull(),
});

/** Keys of programs; `hash` is SHA-256 in hex. */
export const apiKeys = gateway.table("api_keys", {
  id: givenId(),
  uuid: text().notNull().unique(),
  workspaceId: int("workspace_id")
    .notNull()
    .references(() => workspaces.id),
  name: text().notNull(),
  prefix: text().notNull().unique(),
  hash: text().notNull(),
  scopes: jsonb().$type<readonly string[]>().notNull(),
  createdAt: int("created_at").notNull(),
  expiresAt: int("expires_at"),
  lastUsedAt: int("last_used_at"),
  revokedAt: int("revoked_at"),
});

/** What opens a counter: an OAuth token, sealed. `login` is the quota's owner; null until Yandex has told it. */
export const credentials = gateway.table("credentials", {
  id: givenId(),
  uuid: text().notNull().unique(),
  workspaceId: int("workspace_id")
    .notNull()
    .references(() => workspaces.id),
  sealedToken: text("sealed_token").notNull(),
  tokenHash: text("token_hash").notNull(),
  login: text(),
  pausedUntil: int("paused_until"),
  pausedReason: text("paused_reason"),
  pauses: int().notNull().default(0),
  createdAt: int("created_at").notNull(),
  updatedAt: int("updated_at").notNull(),
});

/** One configured use of a plugin. Zone and currency are resolved once, so that a retry gets the same second. */
export const sources = gateway.table(
  "sources",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    workspaceId: int("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    plugin: text().notNull(),
    name: text().notNull(),
    description: text(),
    counterId: int("counter_id").notNull(),
    credentialId: int("credential_id")
      .notNull()
      .references(() => credentials.id),
    config: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
    options: jsonb().$type<SourceOptions>().notNull(),
    sealedConfig: text("sealed_config"),
    configVersion: int("config_version").notNull(),
    timeZone: text("time_zone").notNull(),
    timeZoneFrom: text("time_zone_from").notNull(),
    defaultCurrency: text("default_currency").notNull(),
    defaultCurrencyFrom: text("default_currency_from").notNull(),
    language: text().$type<"ru" | "en">().notNull(),
    secretHash: text("secret_hash"),
    sealedSecret: text("sealed_secret"),
    previousSecretHash: text("previous_secret_hash"),
    previousSealedSecret: text("previous_sealed_secret"),
    previousSecretExpiresAt: int("previous_secret_expires_at"),
    isActive: flag("is_active").notNull(),
    deliveryPaused: flag("delivery_paused").notNull().default(sql`0`),
    schedule: text(),
    nextRunAt: int("next_run_at"),
    createdAt: int("created_at").notNull(),
    updatedAt: int("updated_at").notNull(),
    deletedAt: int("deleted_at"),
  },
  (t) => [index("sources_of_workspace").on(t.workspaceId, t.id)],
);

/**
 * What one intake handed over. The rows it created have ids from `first_conversion_id` to `last_conversion_id`. `counter_id` is null
 * where it is the source's own.
 */
export const batches = gateway.table(
  "batches",
  {
    id: int().primaryKey(),
    sourceId: int("source_id").notNull(),
    counterId: int("counter_id"),
    received: int().notNull(),
    duplicates: int().notNull(),
    rejected: int().notNull(),
    sealed: flag().notNull(),
    warnings: text(),
    firstConversionId: int("first_conversion_id"),
    lastConversionId: int("last_conversion_id"),
    statusVersion: int("status_version").notNull().default(1),
    createdAt: int("created_at").notNull(),
    updatedAt: int("updated_at").notNull(),
  },
  (t) => [
    index("batches_unsealed").on(t.id).where(sql`sealed = 0`),
    index("batches_of_source").on(t.sourceId, t.createdAt, t.id),
  ],
);

/**
 * The latest revision of a fact. Partitioned by week of `date_time`, which the natural key begins with; its ids are given out by
 * the gateways in blocks of a sequence, so that a group is written without asking for them. They do not rise with the order
 * of commits, so new rows are found by an index of their own, and the other indexes by which people walk end with the id. The clause for partitions stands in the migration, since
 * drizzle does not know it.
 */
export const conversions = gateway.table(
  "conversions",
  {
    id: int().notNull(),
    batchId: int("batch_id").notNull(),
    row: int().notNull(),
    sourceId: int("source_id").notNull(),
    workspaceId: int("workspace_id").notNull(),
    counterId: int("counter_id").notNull(),
    dateTime: int("date_time").notNull(),
    target: text().notNull(),
    clientId: text("client_id").notNull().default(""),
    userId: text("user_id").notNull().default(""),
    yclid: text().notNull().default(""),
    purchaseId: text("purchase_id").notNull().default(""),
    price: text(),
    currency: text().notNull().default(""),
    revision: int().notNull().default(0),
    sentTime: int("sent_time"),
    uploadId: int("upload_id"),
    setAside: text("set_aside"),
  },
  (t) => [
    index("conversions_id").on(t.id),
    index("conversions_new").on(t.id).where(sql`upload_id is null and set_aside is null`),
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
    index("conversions_of_upload").on(t.uploadId, t.id).where(sql`upload_id is not null`),
    index("conversions_set_aside").on(t.setAside, t.counterId, t.id).where(sql`set_aside is not null`),
    index("conversions_corrected").on(t.batchId, t.id).where(sql`revision > 0`),
    index("conversions_moved").on(t.sentTime, t.counterId).where(sql`sent_time is not null`),
  ],
);

/** Earlier revisions of a corrected or revived fact, each with the batch that told it and the file it went in. */
export const conversionRevisions = gateway.table(
  "conversion_revisions",
  {
    conversionId: int("conversion_id").notNull(),
    revision: int().notNull(),
    batchId: int("batch_id").notNull(),
    row: int().notNull(),
    price: text(),
    currency: text().notNull(),
    uploadId: int("upload_id"),
    outcome: text(),
    replacedAt: int("replaced_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.conversionId, t.revision] }),
    index("conversion_revisions_of_batch").on(t.batchId, t.row),
    index("conversion_revisions_of_upload").on(t.uploadId, t.conversionId).where(sql`upload_id is not null`),
  ],
);

/** A repeat and its original, whose fate it follows; `upload_id` is null until the original stands in a file. */
export const duplicates = gateway.table(
  "duplicates",
  {
    batchId: int("batch_id").notNull(),
    row: int().notNull(),
    conversionId: int("conversion_id").notNull(),
    revision: int().notNull(),
    uploadId: int("upload_id"),
  },
  (t) => [
    primaryKey({ columns: [t.batchId, t.row] }),
    index("duplicates_waiting").on(t.conversionId).where(sql`upload_id is null`),
  ],
);

/** A refused row: why, and (sealed, until `expires_at`) what was received. */
export const rejectedRows = gateway.table(
  "rejected_rows",
  {
    batchId: int("batch_id").notNull(),
    row: int().notNull(),
    code: text().notNull(),
    field: text().notNull(),
    sealed: text(),
    expiresAt: int("expires_at").notNull(),
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
export const sourceKeys = gateway.table(
  "source_keys",
  {
    keyHash: text("key_hash").notNull().primaryKey(),
    conversionId: int("conversion_id").notNull(),
    uploadId: int("upload_id"),
    expiresAt: int("expires_at").notNull(),
  },
  (t) => [index("source_keys_expiry").on(t.expiresAt), index("source_keys_of_conversion").on(t.conversionId)],
);

/** Which batch answered a sender's idempotency key (kept as a keyed hash), and for which body. */
export const idempotency = gateway.table(
  "idempotency",
  {
    sourceId: int("source_id").notNull(),
    key: text().notNull(),
    bodyHash: text("body_hash").notNull(),
    batchId: int("batch_id").notNull(),
    expiresAt: int("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.key] }), index("idempotency_expiry").on(t.expiresAt)],
);

/** How many rows (and repeats of them) of a batch stand in an upload; a batch's status is derived from here. */
export const batchUploads = gateway.table(
  "batch_uploads",
  {
    batchId: int("batch_id").notNull(),
    uploadId: int("upload_id").notNull(),
    rows: int().notNull(),
    duplicates: int().notNull(),
    completed: flag().notNull().default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.batchId, t.uploadId] }), index("batch_uploads_of_upload").on(t.uploadId)],
);

/** How many rows of a batch are set aside, by target and reason (`waiting_goal`, `goal_not_found`, `cancelled`). */
export const batchSetAside = gateway.table(
  "batch_set_aside",
  {
    batchId: int("batch_id").notNull(),
    target: text().notNull(),
    reason: text().notNull(),
    rows: int().notNull(),
  },
  (t) => [primaryKey({ columns: [t.batchId, t.target, t.reason] })],
);

/**
 * What an upload is made of: rows by source, target and strongest identifier. Metrika tells a file's outcome in sums; of a
 * file with one group the sum is the group's own, of others it bounds it.
 */
export const uploadGroups = gateway.table(
  "upload_groups",
  {
    uploadId: int("upload_id").notNull(),
    sourceId: int("source_id").notNull(),
    target: text().notNull(),
    identifier: text().notNull(),
    rows: int().notNull(),
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
export const uploads = gateway.table(
  "uploads",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    workspaceId: int("workspace_id").notNull(),
    counterId: int("counter_id").notNull(),
    credentialId: int("credential_id").notNull(),
    currency: text().notNull(),
    target: text(),
    identifier: text(),
    uncertainPolicy: text("uncertain_policy").$type<"resend" | "hold">().notNull().default("resend"),
    state: text().notNull(),
    rows: int().notNull().default(0),
    bytes: int().notNull().default(0),
    ripeAt: int("ripe_at").notNull(),
    notBefore: int("not_before").notNull(),
    deadline: int(),
    lateAt: int("late_at"),
    nextAttemptAt: int("next_attempt_at").notNull(),
    attempts: int().notNull().default(0),
    claim: text(),
    leaseUntil: int("lease_until"),
    requestEndedAt: int("request_ended_at"),
    completeLists: int("complete_lists").notNull().default(0),
    metrikaUploadId: text("metrika_upload_id"),
    metrikaStatus: text("metrika_status"),
    sourceQuantity: int("source_quantity"),
    lineQuantity: int("line_quantity"),
    linkedQuantity: int("linked_quantity"),
    goalNotFoundQuantity: int("goal_not_found_quantity"),
    userNotFoundQuantity: int("user_not_found_quantity"),
    errorCode: text("error_code"),
    errorText: text("error_text"),
    replayOf: int("replay_of"),
    createdAt: int("created_at").notNull(),
    sealedAt: int("sealed_at"),
    sentAt: int("sent_at"),
    settledAt: int("settled_at"),
    updatedAt: int("updated_at").notNull(),
    version: int().notNull().default(1),
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
export const uploadAttempts = gateway.table(
  "upload_attempts",
  {
    id: givenId(),
    uploadId: int("upload_id").notNull(),
    kind: text().notNull(),
    startedAt: int("started_at").notNull(),
    endedAt: int("ended_at").notNull(),
    outcome: text().notNull(),
    code: text(),
    detail: text(),
  },
  (t) => [index("upload_attempts_of_upload").on(t.uploadId, t.id)],
);

/** The event identifiers that offline conversions can reach on a counter, as last read from Metrika. */
export const counterGoals = gateway.table(
  "counter_goals",
  {
    workspaceId: int("workspace_id").notNull(),
    counterId: int("counter_id").notNull(),
    identifiers: jsonb().$type<readonly string[]>().notNull(),
    fetchedAt: int("fetched_at"),
    attemptedAt: int("attempted_at").notNull(),
    failures: int().notNull().default(0),
    unreadableSince: int("unreadable_since"),
    errorCode: text("error_code"),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.counterId] })],
);

/** Requests that a Yandex login has spent of a day's quota (`day`: days since 1970, GMT), reads and writes apart. */
export const loginQuota = gateway.table(
  "login_quota",
  {
    loginKey: text("login_key").notNull(),
    day: int().notNull(),
    reads: int().notNull().default(0),
    writes: int().notNull().default(0),
    exhaustedAt: int("exhausted_at"),
  },
  (t) => [primaryKey({ columns: [t.loginKey, t.day] })],
);

/** A person's wish to bring dead letters back: which, and how far it has got. */
export const replays = gateway.table(
  "replays",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    workspaceId: int("workspace_id").notNull(),
    filter: jsonb().$type<DeadLetterFilter>().notNull(),
    state: text().$type<"running" | "completed" | "cancelled">().notNull(),
    matched: int().notNull(),
    replayed: int().notNull().default(0),
    cursor: jsonb().$type<DeadLetterCursor>(),
    createdAt: int("created_at").notNull(),
    updatedAt: int("updated_at").notNull(),
    endedAt: int("ended_at"),
  },
  (t) => [
    index("replays_running").on(t.id).where(sql`state = 'running'`),
    index("replays_of_workspace").on(t.workspaceId, t.id),
  ],
);

/** Named positions of the worker, such as the last conversion that was given a file. */
export const watermarks = gateway.table("watermarks", {
  name: text().primaryKey(),
  value: int().notNull(),
});

/** Whose turn it was last among the counters of a login, when files are claimed. */
export const counterTurns = gateway.table(
  "counter_turns",
  {
    loginKey: text("login_key").notNull(),
    counterId: int("counter_id").notNull(),
    turn: int().notNull(),
  },
  (t) => [primaryKey({ columns: [t.loginKey, t.counterId] })],
);

/**
 * Who does what only one gateway may do at a time, such as planning; it is his until `expires_at`, by the database's clock.
 * `term` grows each time that it is taken anew: the same term, held without a break.
 */
export const leases = gateway.table("leases", {
  name: text().primaryKey(),
  holder: text().notNull(),
  term: int().notNull(),
  expiresAt: int("expires_at").notNull(),
});

/** From which the gateways take blocks of ids for batches and conversions. */
export const batchIds = gateway.sequence("batch_ids", { startWith: 1, increment: 1000 });
export const conversionIds = gateway.sequence("conversion_ids", { startWith: 1, increment: 20_000 });
