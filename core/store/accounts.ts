import { and, desc, eq, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { Accounts } from "./dialect.ts";
import { page } from "./sql/page.ts";
import { type Driver, statement, type Work } from "./sql/work.ts";
import type {
  ApiKeyRecord,
  ApiKeyStore,
  CounterGoals,
  CredentialRecord,
  CredentialStore,
  GoalStore,
  SourceRecord,
  SourceStore,
} from "./store.ts";

const first = <T>(rows: readonly T[]): T | null => rows[0] ?? null;

/** Keys of programs. Here and below drizzle says it all; what is asked often is prepared. */
export function apiKeyQueries({ db, tables: { apiKeys } }: Accounts): ApiKeyStore {
  return {
    async create(key) {
      return first(await db.insert(apiKeys).values(key).returning()) as ApiKeyRecord;
    },
    async findByPrefix(prefix) {
      return first(await db.select().from(apiKeys).where(eq(apiKeys.prefix, prefix))) as ApiKeyRecord | null;
    },
    async list(workspaceId) {
      const found = await db.select().from(apiKeys).where(eq(apiKeys.workspaceId, workspaceId)).orderBy(apiKeys.id);
      return found as ApiKeyRecord[];
    },
    async revoke(workspaceId, uuid, now) {
      const inForce = and(eq(apiKeys.workspaceId, workspaceId), eq(apiKeys.uuid, uuid), isNull(apiKeys.revokedAt));
      const revoked = db.update(apiKeys).set({ revokedAt: now }).where(inForce).returning({ id: apiKeys.id });
      return (await revoked).length > 0;
    },
    async recordUse(id, now) {
      await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id));
    },
  };
}

interface Spent {
  readonly day: number;
  readonly reads: number;
  readonly writes: number;
  readonly exhausted_at: number | null;
}

const hashWithoutLogin = statement<{ hash: string }, [credential: number]>(
  "select token_hash as hash from credentials where id = ?1 and login is null",
);
const takeCounts = statement<Spent, [loginKey: string]>(
  "delete from login_quota where login_key = ?1 returning day, reads, writes, exhausted_at",
);
const addCounts = statement<never, [string, number, number, number, number | null]>(
  `insert into login_quota (login_key, day, reads, writes, exhausted_at) values (?1, ?2, ?3, ?4, ?5)
   on conflict (login_key, day) do update set reads = login_quota.reads + excluded.reads, writes = login_quota.writes + excluded.writes,
     exhausted_at = coalesce(login_quota.exhausted_at, excluded.exhausted_at)`,
);
const setLogin = statement<never, [credential: number, login: string, now: number]>(
  "update credentials set login = ?2, updated_at = ?3 where id = ?1",
);

/** What is counted meanwhile is either taken along or stays where it is: it is deleted and told by one statement. */
function* recordLogin(id: number, login: string, now: number): Work<void> {
  const known = yield* hashWithoutLogin.get(id);
  if (known)
    for (const { day, reads, writes, exhausted_at } of yield* takeCounts.all(known.hash))
      yield* addCounts.send(login, day, reads, writes, exhausted_at);
  yield* setLogin.send(id, login, now);
}

/** Tokens, sealed, and the rest that a refused one is given. */
export function credentialQueries({ db, tables: { credentials }, isOneOf }: Accounts, driver: Driver): CredentialStore {
  const rested = { pausedUntil: null, pausedReason: null, pauses: 0 };
  // Asked for each credential of a page that the planner places.
  const byId = db
    .select()
    .from(credentials)
    .where(eq(credentials.id, sql.placeholder("id")))
    .prepare("credential_by_id");
  // Asked for each page that the planner places.
  const byIds = db
    .select()
    .from(credentials)
    .where(isOneOf(credentials.id, sql.placeholder("ids")))
    .prepare("credentials_by_ids");
  return {
    async create({ now, ...credential }) {
      const made = db.insert(credentials).values({ ...credential, createdAt: now, updatedAt: now });
      return first(await made.returning()) as CredentialRecord;
    },
    async get(id) {
      return first(await byId.execute({ id })) as CredentialRecord | null;
    },
    async getMany(list) {
      return (await byIds.execute({ ids: JSON.stringify(list) })) as CredentialRecord[];
    },
    async replaceToken(id, sealedToken, tokenHash, now) {
      await db
        .update(credentials)
        .set({ sealedToken, tokenHash, login: null, ...rested, updatedAt: now })
        .where(eq(credentials.id, id));
    },
    async withoutLogin(limit) {
      const unknown = and(isNull(credentials.login), isNull(credentials.pausedUntil));
      const found = await db.select().from(credentials).where(unknown).orderBy(credentials.id).limit(limit);
      return found as CredentialRecord[];
    },
    async recordLogin(id, login, now) {
      await driver.beside(() => recordLogin(id, login, now));
    },
    async pause(id, reason, until, now) {
      await db
        .update(credentials)
        .set({ pausedUntil: until, pausedReason: reason, pauses: sql`${credentials.pauses} + 1`, updatedAt: now })
        .where(eq(credentials.id, id));
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
      await db
        .update(credentials)
        .set({ pausedUntil: until, pausedReason: "quota", updatedAt: now })
        .where(and(ofLogin, tokenWorks));
    },
    async resume(id, now) {
      await db
        .update(credentials)
        .set({ ...rested, updatedAt: now })
        .where(eq(credentials.id, id));
    },
  };
}

/** Sources; a deleted one is only marked, since its batches are still told. */
export function sourceQueries({ db, tables: { sources }, isOneOf, changesElsewhere }: Accounts): SourceStore {
  // Prepared: of ten thousand busy webhooks one in a few requests asks it, and building the statement anew costs ten times
  // what answering it does (350 µs against 30, measured).
  const living = db
    .select()
    .from(sources)
    .where(and(eq(sources.uuid, sql.placeholder("uuid")), isNull(sources.deletedAt)))
    .prepare("living_source");
  // Asked for each page that the planner places.
  const byIds = db
    .select()
    .from(sources)
    .where(isOneOf(sources.id, sql.placeholder("ids")))
    .prepare("sources_by_ids");
  return {
    async create(source) {
      return first(
        await db
          .insert(sources)
          .values({ ...source })
          .returning(),
      ) as SourceRecord;
    },
    async findByUuid(uuid) {
      return first(await living.execute({ uuid })) as SourceRecord | null;
    },
    async findWithDeleted(uuid) {
      return first(await db.select().from(sources).where(eq(sources.uuid, uuid))) as SourceRecord | null;
    },
    async get(id) {
      return first(await db.select().from(sources).where(eq(sources.id, id))) as SourceRecord | null;
    },
    changesElsewhere,
    async getMany(list) {
      const found = (await byIds.execute({ ids: JSON.stringify(list) })) as SourceRecord[];
      return new Map(found.map((source) => [source.id, source]));
    },
    async list({ workspaceId, plugin, before, limit }) {
      const where = and(
        eq(sources.workspaceId, workspaceId),
        eq(sources.plugin, plugin),
        isNull(sources.deletedAt),
        before === null ? undefined : lt(sources.id, before),
      );
      const newest = db.select().from(sources).where(where).orderBy(desc(sources.id));
      return page((await newest.limit(limit + 1)) as SourceRecord[], limit);
    },
    async update(id, change, now) {
      const changed = db.update(sources).set({ ...change, updatedAt: now });
      return first(await changed.where(eq(sources.id, id)).returning()) as SourceRecord;
    },
    async remove(id, now) {
      const gone = { deletedAt: now, isActive: false, deliveryPaused: false, updatedAt: now };
      await db.update(sources).set(gone).where(eq(sources.id, id));
    },
  };
}

/** What was last read of each counter's goals. */
export function goalQueries({ db, tables: { counterGoals }, isOneOf }: Accounts): GoalStore {
  // Asked for each page that the planner places.
  const ofCounters = db
    .select()
    .from(counterGoals)
    .where(
      and(
        isOneOf(counterGoals.workspaceId, sql.placeholder("workspaceIds")),
        isOneOf(counterGoals.counterId, sql.placeholder("counterIds")),
      ),
    )
    .prepare("goals_of_counters");
  const ofCounter = db
    .select()
    .from(counterGoals)
    .where(
      and(
        eq(counterGoals.workspaceId, sql.placeholder("workspaceId")),
        eq(counterGoals.counterId, sql.placeholder("counterId")),
      ),
    )
    .prepare("goals_of_counter");
  return {
    async get(workspaceId, counterId) {
      return first(await ofCounter.execute({ workspaceId, counterId })) as CounterGoals | null;
    },
    async getMany(workspaceIds, counterIds) {
      const lists = { workspaceIds: JSON.stringify(workspaceIds), counterIds: JSON.stringify(counterIds) };
      return (await ofCounters.execute(lists)) as CounterGoals[];
    },
    async save(goals) {
      await db
        .insert(counterGoals)
        .values(goals)
        .onConflictDoUpdate({ target: [counterGoals.workspaceId, counterGoals.counterId], set: goals });
    },
  };
}
