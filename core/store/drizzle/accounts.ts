import { asc, eq, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { AccountRecord, AccountStore } from "../store.ts";
import { first } from "./first.ts";

/** Yandex accounts. */
export function accountQueries({ db, tables: { accounts }, isOneOf }: Drizzle): AccountStore {
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
  };
}
