import { sql } from "drizzle-orm";
import { index, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { gateway, givenId, int } from "../postgres/columns.ts";
import type { Role } from "../store.ts";
import { credentials, workspaces } from "./delivery.postgres.ts";

/**
 * People. `issuer` signs them in: `local`, or the address of a Supabase project; `subject` is their id there. `email` is in lower
 * case.
 */
export const users = gateway.table(
  "users",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    issuer: text().notNull(),
    subject: text().notNull(),
    email: text().notNull(),
    name: text(),
    createdAt: int("created_at").notNull(),
    updatedAt: int("updated_at").notNull(),
    lastSeenAt: int("last_seen_at"),
  },
  (t) => [
    uniqueIndex("users_of_issuer").on(t.issuer, t.subject),
    uniqueIndex("users_local_email").on(t.email).where(sql`issuer = 'local'`),
  ],
);

/** Passwords of people whom the gateway signs in itself; `hash` is argon2id's own text. */
export const passwords = gateway.table(
  "passwords",
  {
    userId: int("user_id")
      .notNull()
      .references(() => users.id),
    hash: text().notNull(),
    updatedAt: int("updated_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId] })],
);

/** Signed-in devices of those people. An ended session's tokens are refused. */
export const sessions = gateway.table(
  "sessions",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    userId: int("user_id")
      .notNull()
      .references(() => users.id),
    createdAt: int("created_at").notNull(),
    refreshedAt: int("refreshed_at").notNull(),
    expiresAt: int("expires_at").notNull(),
    endedAt: int("ended_at"),
    userAgent: text("user_agent"),
    address: text(),
  },
  (t) => [index("sessions_of_user").on(t.userId), index("sessions_expiry").on(t.expiresAt)],
);

/** Refresh tokens, kept as SHA-256 in hex; each is used once. A used one that comes back ends its session. */
export const refreshTokens = gateway.table(
  "refresh_tokens",
  {
    hash: text().primaryKey(),
    sessionId: int("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    createdAt: int("created_at").notNull(),
    usedAt: int("used_at"),
  },
  (t) => [index("refresh_tokens_of_session").on(t.sessionId)],
);

/** Keys that sign sessions (ES256). A retired one still verifies what it signed. */
export const signingKeys = gateway.table("signing_keys", {
  kid: text().primaryKey(),
  publicJwk: jsonb("public_jwk").$type<JsonWebKey>().notNull(),
  sealedPrivateKey: text("sealed_private_key").notNull(),
  createdAt: int("created_at").notNull(),
  retiredAt: int("retired_at"),
});

/**
 * Codes that are good for one use: `setup` makes the first owner, `recovery` sets a new password. `hash` is SHA-256 in hex; the setup
 * code is kept sealed besides, so that it can be printed at each start until it was used.
 */
export const oneTimeCodes = gateway.table(
  "one_time_codes",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    kind: text().$type<"setup" | "recovery">().notNull(),
    userId: int("user_id").references(() => users.id),
    hash: text().notNull().unique(),
    sealedCode: text("sealed_code"),
    createdAt: int("created_at").notNull(),
    expiresAt: int("expires_at"),
    usedAt: int("used_at"),
  },
  (t) => [index("one_time_codes_open").on(t.kind).where(sql`used_at is null`)],
);

/** Failed tries by what they are counted by (a keyed hash), such as a sign-in name or a client's address. */
export const throttles = gateway.table(
  "throttles",
  {
    key: text().primaryKey(),
    failures: int().notNull(),
    windowStartedAt: int("window_started_at").notNull(),
    blockedUntil: int("blocked_until"),
  },
  (t) => [index("throttles_window").on(t.windowStartedAt)],
);

/** Who belongs to which workspace, and as what. */
export const members = gateway.table(
  "members",
  {
    workspaceId: int("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    userId: int("user_id")
      .notNull()
      .references(() => users.id),
    role: text().$type<Role>().notNull(),
    createdAt: int("created_at").notNull(),
    updatedAt: int("updated_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.userId] }), index("members_of_user").on(t.userId)],
);

/** Invitations into a workspace; `hash` is SHA-256 of the code in hex. */
export const invitations = gateway.table(
  "invitations",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    workspaceId: int("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    email: text().notNull(),
    role: text().$type<Role>().notNull(),
    hash: text().notNull().unique(),
    invitedBy: int("invited_by").references(() => users.id),
    createdAt: int("created_at").notNull(),
    expiresAt: int("expires_at").notNull(),
    acceptedAt: int("accepted_at"),
    acceptedBy: int("accepted_by").references(() => users.id),
    revokedAt: int("revoked_at"),
  },
  (t) => [index("invitations_of_workspace").on(t.workspaceId, t.id)],
);

/** The application registered at Yandex by which people connect accounts: one row, of the whole installation. */
export const oauthApplications = gateway.table("oauth_applications", {
  id: int().primaryKey(),
  uuid: text().notNull(),
  clientId: text("client_id").notNull(),
  sealedSecret: text("sealed_secret").notNull(),
  createdAt: int("created_at").notNull(),
  updatedAt: int("updated_at").notNull(),
  checkedAt: int("checked_at"),
});

/**
 * Connections under way: `hash` is SHA-256 of the `state` in hex. `actor` is who began; `browser_hash` is of the cookie that his
 * browser was given. The row is deleted by whoever uses it.
 */
export const oauthStates = gateway.table(
  "oauth_states",
  {
    hash: text().primaryKey(),
    workspaceId: int("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    accountId: int("account_id"),
    actor: text().notNull(),
    browserHash: text("browser_hash"),
    uuid: text().notNull(),
    clientId: text("client_id").notNull(),
    sealedVerifier: text("sealed_verifier").notNull(),
    redirectUri: text("redirect_uri").notNull(),
    returnTo: text("return_to"),
    createdAt: int("created_at").notNull(),
    expiresAt: int("expires_at").notNull(),
  },
  (t) => [index("oauth_states_expiry").on(t.expiresAt)],
);

/**
 * Yandex accounts. The access token stands in the credential, which sources and uploads name, so that another one
 * frees what waited. `origin`: `oauth` or `pasted`. `scopes` is null where Yandex did not tell them.
 */
export const accounts = gateway.table(
  "accounts",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    workspaceId: int("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    credentialId: int("credential_id")
      .notNull()
      .references(() => credentials.id),
    yandexId: text("yandex_id").notNull(),
    login: text().notNull(),
    name: text(),
    origin: text().$type<"oauth" | "pasted">().notNull(),
    clientId: text("client_id"),
    deviceId: text("device_id"),
    sealedRefreshToken: text("sealed_refresh_token"),
    scopes: jsonb().$type<readonly string[]>(),
    expiresAt: int("expires_at"),
    refreshAt: int("refresh_at"),
    refreshedAt: int("refreshed_at"),
    refreshFailures: int("refresh_failures").notNull().default(0),
    refreshError: text("refresh_error"),
    warnedAt: int("warned_at"),
    connectedAt: int("connected_at").notNull(),
    disconnectedAt: int("disconnected_at"),
    updatedAt: int("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("accounts_connected").on(t.workspaceId, t.yandexId).where(sql`disconnected_at is null`),
    index("accounts_refresh").on(t.refreshAt).where(sql`refresh_at is not null`),
    index("accounts_of_credential").on(t.credentialId),
  ],
);

/** Counters attached to a workspace through an account; name, zone and right as last read from Metrika. */
export const counters = gateway.table(
  "counters",
  {
    workspaceId: int("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    counterId: int("counter_id").notNull(),
    accountId: int("account_id")
      .notNull()
      .references(() => accounts.id),
    name: text().notNull(),
    site: text(),
    timeZone: text("time_zone"),
    permission: text(),
    ownerLogin: text("owner_login"),
    status: text(),
    errorCode: text("error_code"),
    attachedAt: int("attached_at").notNull(),
    refreshedAt: int("refreshed_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.counterId] }), index("counters_of_account").on(t.accountId)],
);

/** What was done, by whom, from where; rows are only ever added. `workspace_id` is null for what concerns the installation. */
export const auditEvents = gateway.table(
  "audit_events",
  {
    id: givenId(),
    uuid: text().notNull().unique(),
    workspaceId: int("workspace_id"),
    at: int().notNull(),
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
    before: jsonb().$type<Readonly<Record<string, unknown>>>(),
    after: jsonb().$type<Readonly<Record<string, unknown>>>(),
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
