import { and, eq, gt, lte } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { OauthApplicationRecord, OauthApplicationStore, OauthStateRecord, OauthStateStore } from "../store.ts";
import { first } from "./first.ts";

/** The only row. */
const ID = 1;

/** The application of the installation. */
export function oauthApplicationQueries({ db, tables: { oauthApplications } }: Drizzle): OauthApplicationStore {
  const only = eq(oauthApplications.id, ID);
  return {
    async get() {
      return first(await db.select().from(oauthApplications).where(only)) as OauthApplicationRecord | null;
    },
    async save(application) {
      await db
        .insert(oauthApplications)
        .values({ id: ID, ...application })
        .onConflictDoUpdate({ target: oauthApplications.id, set: application });
    },
    async recordCheck(now) {
      await db.update(oauthApplications).set({ checkedAt: now }).where(only);
    },
    async remove() {
      return (await db.delete(oauthApplications).where(only).returning({ id: oauthApplications.id })).length > 0;
    },
  };
}

/** Connections under way. */
export function oauthStateQueries({ db, tables: { oauthStates } }: Drizzle): OauthStateStore {
  const living = (hash: string, now: number) => and(eq(oauthStates.hash, hash), gt(oauthStates.expiresAt, now));
  return {
    async add(state) {
      await db.delete(oauthStates).where(lte(oauthStates.expiresAt, state.createdAt));
      await db.insert(oauthStates).values(state);
    },
    async find(hash, now) {
      return first(await db.select().from(oauthStates).where(living(hash, now))) as OauthStateRecord | null;
    },
    async take(hash, now) {
      return first(await db.delete(oauthStates).where(living(hash, now)).returning()) as OauthStateRecord | null;
    },
  };
}
