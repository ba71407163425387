import { and, eq, isNull, lte, or, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import { type Driver, statement, type Work } from "../sql/work.ts";
import type { CredentialRecord, CredentialStore } from "../store.ts";
import { first } from "./first.ts";

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
export function credentialQueries({ db, tables: { credentials }, isOneOf }: Drizzle, driver: Driver): CredentialStore {
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
