import { and, desc, eq, isNull, lt, lte, or, sql } from "drizzle-orm";
import { apiKeys, counterGoals, credentials, sources } from "../schema.sqlite.ts";
import type {
  ApiKeyRecord,
  ApiKeyStore,
  CounterGoals,
  CredentialRecord,
  CredentialStore,
  GoalStore,
  SourceRecord,
  SourceStore,
} from "../store.ts";
import type { Db } from "./open.ts";
import { page } from "./page.ts";

/** Keys of programs. Here and below drizzle says it all; what is asked often is prepared. */
export function apiKeyQueries(db: Db): ApiKeyStore {
  return {
    async create(key) {
      return db.insert(apiKeys).values(key).returning().get() as ApiKeyRecord;
    },
    async findByPrefix(prefix) {
      return (db.select().from(apiKeys).where(eq(apiKeys.prefix, prefix)).get() as ApiKeyRecord | undefined) ?? null;
    },
    async list(workspaceId) {
      return db
        .select()
        .from(apiKeys)
        .where(eq(apiKeys.workspaceId, workspaceId))
        .orderBy(apiKeys.id)
        .all() as ApiKeyRecord[];
    },
    async revoke(workspaceId, uuid, now) {
      const inForce = and(eq(apiKeys.workspaceId, workspaceId), eq(apiKeys.uuid, uuid), isNull(apiKeys.revokedAt));
      return db.update(apiKeys).set({ revokedAt: now }).where(inForce).returning({ id: apiKeys.id }).all().length > 0;
    },
    async recordUse(id, now) {
      db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id)).run();
    },
  };
}

/** Tokens, sealed, and the rest that a refused one is given. */
export function credentialQueries(db: Db): CredentialStore {
  const rested = { pausedUntil: null, pausedReason: null, pauses: 0 };
  // Asked for each credential of a page that the planner places.
  const byId = db
    .select()
    .from(credentials)
    .where(eq(credentials.id, sql.placeholder("id")))
    .prepare();
  return {
    async create({ now, ...credential }) {
      return db
        .insert(credentials)
        .values({ ...credential, createdAt: now, updatedAt: now })
        .returning()
        .get() as CredentialRecord;
    },
    async get(id) {
      return (byId.get({ id }) as CredentialRecord | undefined) ?? null;
    },
    async replaceToken(id, sealedToken, tokenHash, now) {
      db.update(credentials)
        .set({ sealedToken, tokenHash, login: null, ...rested, updatedAt: now })
        .where(eq(credentials.id, id))
        .run();
    },
    async withoutLogin(limit) {
      const unknown = and(isNull(credentials.login), isNull(credentials.pausedUntil));
      return db
        .select()
        .from(credentials)
        .where(unknown)
        .orderBy(credentials.id)
        .limit(limit)
        .all() as CredentialRecord[];
    },
    async recordLogin(id, login, now) {
      db.transaction(
        (tx) => {
          const hash = sql`(select token_hash from credentials where id = ${id} and login is null)`;
          tx.run(sql`insert into login_quota (login_key, day, reads, writes, exhausted_at)
          select ${login}, day, reads, writes, exhausted_at from login_quota where login_key = ${hash}
          on conflict (login_key, day) do update set reads = reads + excluded.reads, writes = writes + excluded.writes,
            exhausted_at = coalesce(exhausted_at, excluded.exhausted_at)`);
          tx.run(sql`delete from login_quota where login_key = ${hash}`);
          tx.update(credentials).set({ login, updatedAt: now }).where(eq(credentials.id, id)).run();
        },
        { behavior: "immediate" },
      );
    },
    async pause(id, reason, until, now) {
      db.update(credentials)
        .set({ pausedUntil: until, pausedReason: reason, pauses: sql`${credentials.pauses} + 1`, updatedAt: now })
        .where(eq(credentials.id, id))
        .run();
    },
    async pauseLogin(loginKey, until, now) {
      const ofLogin = or(
        eq(credentials.login, loginKey),
        and(isNull(credentials.login), eq(credentials.tokenHash, loginKey)),
      );
      const tokenWorks = or(
        isNull(credentials.pausedUntil),
        lte(credentials.pausedUntil, now),
        eq(credentials.pausedReason, "quota"),
      );
      db.update(credentials)
        .set({ pausedUntil: until, pausedReason: "quota", updatedAt: now })
        .where(and(ofLogin, tokenWorks))
        .run();
    },
    async resume(id, now) {
      db.update(credentials)
        .set({ ...rested, updatedAt: now })
        .where(eq(credentials.id, id))
        .run();
    },
  };
}

/** Sources; a deleted one is only marked, since its batches are still told. */
export function sourceQueries(db: Db): SourceStore {
  // https://www.sqlite.org/pragma.html#pragma_data_version
  const dataVersion = db.$client.prepare<{ data_version: number }, []>("pragma data_version");
  // Prepared: of ten thousand busy webhooks one in a few requests asks it, and building the statement anew costs ten times
  // what answering it does (350 µs against 30, measured).
  const living = db
    .select()
    .from(sources)
    .where(and(eq(sources.uuid, sql.placeholder("uuid")), isNull(sources.deletedAt)))
    .prepare();
  // Asked for each page that the planner places.
  const byIds = db
    .select()
    .from(sources)
    .where(sql`${sources.id} in (select value from json_each(${sql.placeholder("ids")}))`)
    .prepare();
  return {
    async create(source) {
      return db
        .insert(sources)
        .values({ ...source })
        .returning()
        .get() as SourceRecord;
    },
    async findByUuid(uuid) {
      return (living.get({ uuid }) as SourceRecord | undefined) ?? null;
    },
    async changesElsewhere() {
      return dataVersion.get()?.data_version ?? 0;
    },
    async findWithDeleted(uuid) {
      return (db.select().from(sources).where(eq(sources.uuid, uuid)).get() as SourceRecord | undefined) ?? null;
    },
    async get(id) {
      return (db.select().from(sources).where(eq(sources.id, id)).get() as SourceRecord | undefined) ?? null;
    },
    async getMany(ids) {
      const found = byIds.all({ ids: JSON.stringify(ids) }) as SourceRecord[];
      return new Map(found.map((source) => [source.id, source]));
    },
    async list({ workspaceId, plugin, before, limit }) {
      const where = and(
        eq(sources.workspaceId, workspaceId),
        eq(sources.plugin, plugin),
        isNull(sources.deletedAt),
        before === null ? undefined : lt(sources.id, before),
      );
      return page(
        db
          .select()
          .from(sources)
          .where(where)
          .orderBy(desc(sources.id))
          .limit(limit + 1)
          .all() as SourceRecord[],
        limit,
      );
    },
    async update(id, change, now) {
      return db
        .update(sources)
        .set({ ...change, updatedAt: now })
        .where(eq(sources.id, id))
        .returning()
        .get() as SourceRecord;
    },
    async remove(id, now) {
      const gone = { deletedAt: now, isActive: false, deliveryPaused: false, updatedAt: now };
      db.update(sources).set(gone).where(eq(sources.id, id)).run();
    },
  };
}

/** What was last read of each counter's goals. */
export function goalQueries(db: Db): GoalStore {
  // Asked for each counter of a page that the planner places.
  const ofCounter = db
    .select()
    .from(counterGoals)
    .where(
      and(
        eq(counterGoals.workspaceId, sql.placeholder("workspaceId")),
        eq(counterGoals.counterId, sql.placeholder("counterId")),
      ),
    )
    .prepare();
  return {
    async get(workspaceId, counterId) {
      return (ofCounter.get({ workspaceId, counterId }) as CounterGoals | undefined) ?? null;
    },
    async save(goals) {
      db.insert(counterGoals)
        .values(goals)
        .onConflictDoUpdate({ target: [counterGoals.workspaceId, counterGoals.counterId], set: goals })
        .run();
    },
  };
}
