import { and, eq } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { SourceStateStore } from "../store.ts";

/** What plugins keep of their sources. */
export function sourceStateQueries({ db, tables: { sourceState } }: Drizzle): SourceStateStore {
  const of = (sourceId: number, name: string) => and(eq(sourceState.sourceId, sourceId), eq(sourceState.name, name));
  return {
    async get(sourceId, name) {
      const [kept] = await db.select().from(sourceState).where(of(sourceId, name));
      return kept?.sealed ?? null;
    },
    async set(sourceId, name, sealed, now) {
      const anew = { sealed, updatedAt: now };
      await db
        .insert(sourceState)
        .values({ sourceId, name, ...anew })
        .onConflictDoUpdate({ target: [sourceState.sourceId, sourceState.name], set: anew });
    },
    async remove(sourceId, name) {
      await db.delete(sourceState).where(of(sourceId, name));
    },
  };
}
