import { and, asc, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { CounterRecord, CounterStore } from "../store.ts";
import { first } from "./first.ts";

/** Attached counters. */
export function counterQueries({
  db,
  tables: { accounts, counters, sources },
  isOneOf,
  hasNumber,
}: Drizzle): CounterStore {
  const of = (workspaceId: number, counterId: number) =>
    and(eq(counters.workspaceId, workspaceId), eq(counters.counterId, counterId));
  /** Sources whose facts may be for a counter. */
  const mayBeFor = (counterId: number) =>
    or(eq(sources.counterId, counterId), hasNumber(sources.options, "counters", counterId));
  const some = db
    .select()
    .from(counters)
    .where(
      and(
        eq(counters.workspaceId, sql.placeholder("workspaceId")),
        isOneOf(counters.counterId, sql.placeholder("counterIds")),
      ),
    )
    .prepare("counters_of_workspace");
  return {
    async get(workspaceId, counterId) {
      return first(await db.select().from(counters).where(of(workspaceId, counterId))) as CounterRecord | null;
    },
    async getMany(workspaceId, counterIds) {
      return (await some.execute({ workspaceId, counterIds: JSON.stringify(counterIds) })) as CounterRecord[];
    },
    async list({ workspaceId, after, limit }) {
      const where = and(
        eq(counters.workspaceId, workspaceId),
        after === null ? undefined : gt(counters.counterId, after),
      );
      const found = db.select().from(counters).where(where).orderBy(asc(counters.counterId));
      const rows = (await found.limit(limit + 1)) as CounterRecord[];
      const kept = rows.slice(0, limit);
      return { rows: kept, after: rows.length > limit ? (kept.at(-1)?.counterId ?? null) : null };
    },
    async attach(counter) {
      const { attachedAt: _, ...anew } = counter;
      const written = db
        .insert(counters)
        .values(counter)
        .onConflictDoUpdate({ target: [counters.workspaceId, counters.counterId], set: anew });
      return first(await written.returning()) as CounterRecord;
    },
    async update(workspaceId, counterId, change) {
      const changed = db.update(counters).set(change).where(of(workspaceId, counterId));
      return first(await changed.returning()) as CounterRecord | null;
    },
    async detach(workspaceId, counterId) {
      return (await db.delete(counters).where(of(workspaceId, counterId)).returning()).length > 0;
    },
    async usedBy(workspaceId, counterId, limit) {
      // An account that was connected again may share its credential with the row it had before.
      return db
        .selectDistinct({ id: sources.id, uuid: sources.uuid, name: sources.name })
        .from(sources)
        .innerJoin(accounts, eq(accounts.credentialId, sources.credentialId))
        .where(and(eq(sources.workspaceId, workspaceId), mayBeFor(counterId), isNull(sources.deletedAt)))
        .orderBy(asc(sources.id))
        .limit(limit);
    },
  };
}
