import { and, asc, desc, eq, isNull, lte, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import { disconnectAccount, reconnectAccount, saveRefreshed, useOfAccount } from "../sql/account-tokens.ts";
import type { Driver } from "../sql/work.ts";
import type { AccountRecord, AccountStore } from "../store.ts";
import { first } from "./first.ts";

/** Yandex accounts. What concerns an account and its credential together is one transaction, see `account-tokens.ts`. */
export function accountQueries(
  { db, tables: { accounts, credentials }, isOneOf }: Drizzle,
  driver: Driver,
): AccountStore {
  const connected = isNull(accounts.disconnectedAt);
  const claimed = (id: number, until: number) => and(eq(accounts.id, id), eq(accounts.refreshAt, until), connected);
  const byIds = db
    .select()
    .from(accounts)
    .where(isOneOf(accounts.id, sql.placeholder("ids")))
    .prepare("accounts_by_ids");
  const ofCredentials = db
    .select()
    .from(accounts)
    .where(isOneOf(accounts.credentialId, sql.placeholder("ids")))
    .orderBy(asc(accounts.id))
    .prepare("accounts_of_credentials");

  async function change(id: number, facts: Partial<Omit<AccountRecord, "id">>): Promise<AccountRecord> {
    return first(await db.update(accounts).set(facts).where(eq(accounts.id, id)).returning()) as AccountRecord;
  }

  return {
    async findByUuid(uuid) {
      return first(await db.select().from(accounts).where(eq(accounts.uuid, uuid))) as AccountRecord | null;
    },
    async get(id) {
      return first(await db.select().from(accounts).where(eq(accounts.id, id))) as AccountRecord | null;
    },
    async getMany(ids) {
      const found = (await byIds.execute({ ids: JSON.stringify(ids) })) as AccountRecord[];
      return new Map(found.map((account) => [account.id, account]));
    },
    async ofCredentials(credentialIds) {
      const found = (await ofCredentials.execute({ ids: JSON.stringify(credentialIds) })) as AccountRecord[];
      return new Map(found.map((account) => [account.credentialId, account]));
    },
    async create(account) {
      return first(await db.insert(accounts).values(account).returning()) as AccountRecord;
    },
    async list(workspaceId) {
      const ofWorkspace = db.select().from(accounts).where(eq(accounts.workspaceId, workspaceId));
      return (await ofWorkspace.orderBy(asc(accounts.id))) as AccountRecord[];
    },
    async findByYandexId(workspaceId, yandexId) {
      const same = and(eq(accounts.workspaceId, workspaceId), eq(accounts.yandexId, yandexId));
      const newest = db.select().from(accounts).where(same).orderBy(desc(accounts.connectedAt), desc(accounts.id));
      return first(await newest.limit(1)) as AccountRecord | null;
    },
    async connect({ token, credentialUuid, ...account }, now) {
      const { workspaceId, login } = account;
      const sealed = { sealedToken: token.sealed, tokenHash: token.hash };
      const made = db
        .insert(credentials)
        .values({ uuid: credentialUuid, workspaceId, ...sealed, login, createdAt: now, updatedAt: now });
      const credentialId = Number(first(await made.returning({ id: credentials.id }))?.id);
      const fresh = { credentialId, name: null, refreshedAt: null, refreshFailures: 0, refreshError: null };
      const dates = { warnedAt: null, connectedAt: now, disconnectedAt: null, updatedAt: now };
      const row = { ...account, ...fresh, ...dates };
      const created = first(await db.insert(accounts).values(row).onConflictDoNothing().returning());
      // Nothing has named it yet.
      if (created === null) await db.delete(credentials).where(eq(credentials.id, credentialId));
      return created as AccountRecord | null;
    },
    async reconnect(id, connection, now) {
      await driver.alone(() => reconnectAccount(id, connection, now));
      return change(id, { scopes: connection.scopes });
    },
    disconnect: (id, token, restUntil, now) => driver.alone(() => disconnectAccount(id, token, restUntil, now)),
    rename: (id, name, now) => change(id, { name, updatedAt: now }),
    useOf: (id) => driver.ask(useOfAccount(id)),
    async dueForRefresh(now, limit) {
      const due = db
        .select()
        .from(accounts)
        .where(and(lte(accounts.refreshAt, now), connected));
      return (await due.orderBy(asc(accounts.refreshAt)).limit(limit)) as AccountRecord[];
    },
    async claimRefresh({ id, refreshAt }, until) {
      if (refreshAt === null) return false;
      const taken = db.update(accounts).set({ refreshAt: until }).where(claimed(id, refreshAt));
      return (await taken.returning({ id: accounts.id })).length > 0;
    },
    saveRefreshed: (id, claimedUntil, tokens, now) => driver.alone(() => saveRefreshed(id, claimedUntil, tokens, now)),
    async failRefresh(id, claimedUntil, { error, refreshAt }, now) {
      const failures = sql`${accounts.refreshFailures} + 1`;
      const facts = { refreshError: error, refreshAt, refreshFailures: failures, updatedAt: now };
      await db.update(accounts).set(facts).where(claimed(id, claimedUntil));
    },
    async endingUnwarned(before, limit) {
      const ends = and(lte(accounts.expiresAt, before), isNull(accounts.refreshAt), isNull(accounts.warnedAt));
      const found = db.select().from(accounts).where(and(ends, connected)).orderBy(asc(accounts.expiresAt));
      return (await found.limit(limit)) as AccountRecord[];
    },
    async recordWarning(id, now) {
      await change(id, { warnedAt: now });
    },
  };
}
