import { eq } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { AccountRecord, AccountStore } from "../store.ts";
import { first } from "./first.ts";

/** Yandex accounts. */
export function accountQueries({ db, tables: { accounts } }: Drizzle): AccountStore {
  return {
    async findByUuid(uuid) {
      return first(await db.select().from(accounts).where(eq(accounts.uuid, uuid))) as AccountRecord | null;
    },
    async get(id) {
      return first(await db.select().from(accounts).where(eq(accounts.id, id))) as AccountRecord | null;
    },
    async create(account) {
      return first(await db.insert(accounts).values(account).returning()) as AccountRecord;
    },
  };
}
