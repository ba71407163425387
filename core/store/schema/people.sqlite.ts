import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Role } from "../store.ts";
import { credentials, workspaces } from "./delivery.sqlite.ts";

/**
 * People. `issuer` signs them in: `local`, or the address of a Supabase project; `subject` is their id there. `email` is in lower
 * case.
 */
export const users = sqliteTable(
  "users",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    issuer: text().notNull(),
    subject: text().notNull(),
    email: text().notNull(),
    name: text(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    lastSeenAt: integer("last_seen_at"),
  },
  (t) => [
    uniqueIndex("users_of_issuer").on(t.issuer, t.subject),
    uniqueIndex("users_local_email").on(t.email).where(sql`issuer = 'local'`),
  ],
);

/** Passwords of people whom the gateway signs in itself; `hash` is argon2id's own text. */
export const passwords = sqliteTable(
  "passwords",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    hash: text().notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId] })],
);

/** Signed-in devices of those people. An ended session's tokens are refused. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    createdAt: integer("created_at").notNull(),
    refreshedAt: integer("refreshed_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    endedAt: integer("ended_at"),
    userAgent: text("user_agent"),
    address: text(),
  },
  (t) => [index("sessions_of_user").on(t.userId), index("sessions_expiry").on(t.expiresAt)],
);

/** Refresh tokens, kept as SHA-256 in hex; each is used once. A used one that comes back ends its session. */
export const refreshTokens = sqliteTable(
  "refresh_tokens",
  {
    hash: text().primaryKey(),
    sessionId: integer("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    createdAt: integer("created_at").notNull(),
    usedAt: integer("used_at"),
  },
  (t) => [index("refresh_tokens_of_session").on(t.sessionId)],
);

/** Keys that sign sessions (ES256). A retired one still verifies what it signed. */
export const signingKeys = sqliteTable("signing_keys", {
  kid: text().primaryKey(),
  publicJwk: text("public_jwk", { mode: "json" }).$type<JsonWebKey>().notNull(),
  sealedPrivateKey: text("sealed_private_key").notNull(),
  createdAt: integer("created_at").notNull(),
  retiredAt: integer("retired_at"),
});

/**
 * Codes that are good for one use: `setup` makes the first owner, `recovery` sets a new password. `hash` is SHA-256 in hex; the setup
 * code is kept sealed besides, so that it can be printed at each start until it was used.
 */
export const oneTimeCodes = sqliteTable(
  "one_time_codes",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    kind: text().$type<"setup" | "recovery">().notNull(),
    userId: integer("user_id").references(() => users.id),
    hash: text().notNull().unique(),
    sealedCode: text("sealed_code"),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    usedAt: integer("used_at"),
  },
  (t) => [index("one_time_codes_open").on(t.kind).where(sql`used_at is null`)],
);

/** Failed tries by what they are counted by (a keyed hash), such as a sign-in name or a client's address. */
export const throttles = sqliteTable(
  "throttles",
  {
    key: text().primaryKey(),
    failures: integer().notNull(),
    windowStartedAt: integer("window_started_at").notNull(),
    blockedUntil: integer("blocked_until"),
  },
  (t) => [index("throttles_window").on(t.windowStartedAt)],
);

/** Who belongs to which workspace, and as what. */
export const members = sqliteTable(
  "members",
  {
    workspaceId: integer("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id),
    role: text().$type<Role>().notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.userId] }), index("members_of_user").on(t.userId)],
);

/** Invitations into a workspace; `hash` is SHA-256 of the code in hex. */
export const invitations = sqliteTable(
  "invitations",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    workspaceId: integer("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    email: text().notNull(),
    role: text().$type<Role>().notNull(),
    hash: text().notNull().unique(),
    invitedBy: integer("invited_by").references(() => users.id),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    acceptedAt: integer("accepted_at"),
    acceptedBy: integer("accepted_by").references(() => users.id),
    revokedAt: integer("revoked_at"),
  },
  (t) => [index("invitations_of_workspace").on(t.workspaceId, t.id)],
);

/** The application registered at Yandex by which people connect accounts: one row, of the whole installation. */
export const oauthApplications = sqliteTable("oauth_applications", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  clientId: text("client_id").notNull(),
  sealedSecret: text("sealed_secret").notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  checkedAt: integer("checked_at"),
});

/**
 * Connections under way: `hash` is SHA-256 of the `state` in hex. `actor` is who began; `browser_hash` is of the cookie that his
 * browser was given. The row is deleted by whoever uses it.
 */
export const oauthStates = sqliteTable(
  "oauth_states",
  {
    hash: text().primaryKey(),
    workspaceId: integer("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    accountId: integer("account_id"),
    actor: text().notNull(),
    browserHash: text("browser_hash"),
    uuid: text().notNull(),
    clientId: text("client_id").notNull(),
    sealedVerifier: text("sealed_verifier").notNull(),
    redirectUri: text("redirect_uri").notNull(),
    returnTo: text("return_to"),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("oauth_states_expiry").on(t.expiresAt)],
);

/**
 * Yandex accounts. The access token stands in the credential, which sources and uploads name, so that another one
 * frees what waited. `origin`: `oauth` or `pasted`. `scopes` is null where Yandex did not tell them.
 */
export const accounts = sqliteTable(
  "accounts",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    workspaceId: integer("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    credentialId: integer("credential_id")
      .notNull()
      .references(() => credentials.id),
    yandexId: text("yandex_id").notNull(),
    login: text().notNull(),
    name: text(),
    origin: text().$type<"oauth" | "pasted">().notNull(),
    clientId: text("client_id"),
    deviceId: text("device_id"),
    sealedRefreshToken: text("sealed_refresh_token"),
    scopes: text({ mode: "json" }).$type<readonly string[]>(),
    expiresAt: integer("expires_at"),
    refreshAt: integer("refresh_at"),
    refreshedAt: integer("refreshed_at"),
    refreshFailures: integer("refresh_failures").notNull().default(0),
    refreshError: text("refresh_error"),
    warnedAt: integer("warned_at"),
    connectedAt: integer("connected_at").notNull(),
    disconnectedAt: integer("disconnected_at"),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("accounts_connected").on(t.workspaceId, t.yandexId).where(sql`disconnected_at is null`),
    index("accounts_refresh").on(t.refreshAt).where(sql`refresh_at is not null`),
    index("accounts_of_credential").on(t.credentialId),
  ],
);

/** Counters attached to a workspace through an account; name, zone and right as last read from Metrika. */
export const counters = sqliteTable(
  "counters",
  {
    workspaceId: integer("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    counterId: integer("counter_id").notNull(),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id),
    name: text().notNull(),
    site: text(),
    timeZone: text("time_zone"),
    permission: text(),
    ownerLogin: text("owner_login"),
    status: text(),
    errorCode: text("error_code"),
    attachedAt: integer("attached_at").notNull(),
    refreshedAt: integer("refreshed_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.counterId] }), index("counters_of_account").on(t.accountId)],
);

/** What was done, by whom, from where; rows are only ever added. `workspace_id` is null for what concerns the installation. */
export const auditEvents = sqliteTable(
  "audit_events",
  {
    id: integer().primaryKey(),
    uuid: text().notNull().unique(),
    workspaceId: integer("workspace_id"),
    at: integer().notNull(),
    action: text().notNull(),
    actorKind: text("actor_kind").$type<"user" | "api_key" | "operator" | "system">().notNull(),
    actorId: text("actor_id"),
    actorName: text("actor_name"),
    targetKind: text("target_kind").notNull(),
    targetId: text("target_id"),
    targetName: text("target_name"),
    address: text(),
    userAgent: text("user_agent"),
    requestId: text("request_id"),
    before: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>(),
    after: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>(),
  },
  (t) => [
    index("audit_events_time").on(t.workspaceId, t.at, t.id),
    index("audit_events_action").on(t.workspaceId, t.action, t.at, t.id),
    index("audit_events_actor").on(t.workspaceId, t.actorId, t.at, t.id),
    index("audit_events_actor_kind").on(t.workspaceId, t.actorKind, t.at, t.id),
    index("audit_events_target").on(t.workspaceId, t.targetId, t.at, t.id),
    index("audit_events_target_kind").on(t.workspaceId, t.targetKind, t.at, t.id),
  ],
);
