import { eq, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { SourceHealth, SourceHealthStore } from "../store.ts";
import { first } from "./first.ts";

const MINUTE_MS = 60_000;

/** How sources fare. */
export function sourceHealthQueries({ db, tables: { sourceHealth }, isOneOf }: Drizzle): SourceHealthStore {
  const bySources = db
    .select()
    .from(sourceHealth)
    .where(isOneOf(sourceHealth.sourceId, sql.placeholder("ids")))
    .prepare("health_by_sources");
  return {
    async get(sourceId) {
      return first(await db.select().from(sourceHealth).where(eq(sourceHealth.sourceId, sourceId)));
    },
    async getMany(sourceIds) {
      const found: SourceHealth[] = await bySources.execute({ ids: JSON.stringify(sourceIds) });
      return new Map(found.map((health) => [health.sourceId, health]));
    },
    async recordFailure(sourceId, { code, reason, restsAfter, restingUntil }, now) {
      const told = { errorCode: code, error: reason, failedAt: now };
      const failures = sql<number>`${sourceHealth.failures} + 1`;
      const rest = sql`case when ${failures} >= ${restsAfter} then cast(${restingUntil} as bigint) end`;
      const [health] = await db
        .insert(sourceHealth)
        .values({ sourceId, failures: 1, restingUntil: restsAfter <= 1 ? restingUntil : null, ...told })
        .onConflictDoUpdate({ target: sourceHealth.sourceId, set: { ...told, failures, restingUntil: rest } })
        .returning();
      if (health === undefined) throw new Error(`The failure of source ${sourceId} was not kept.`);
      return health;
    },
    async recordSuccess(sourceId, now) {
      const well = { failures: 0, restingUntil: null, workedAt: now };
      await db
        .insert(sourceHealth)
        .values({ sourceId, ...well })
        .onConflictDoUpdate({
          target: sourceHealth.sourceId,
          set: well,
          setWhere: sql`${sourceHealth.failures} > 0 or ${sourceHealth.workedAt} is null or ${sourceHealth.workedAt} <= ${now - MINUTE_MS}`,
        });
    },
  };
}
