import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import { page } from "../sql/page.ts";
import type { SourceRecord, SourceStore } from "../store.ts";
import { first } from "./first.ts";

/** Sources; a deleted one is only marked, since its batches are still told. */
export function sourceQueries({ db, tables: { sources }, isOneOf, changesElsewhere }: Drizzle): SourceStore {
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
    async pluginsInUse() {
      const found = await db.selectDistinct({ plugin: sources.plugin }).from(sources).where(isNull(sources.deletedAt));
      return found.map(({ plugin }) => plugin);
    },
    async list({ workspaceId, plugin, before, limit }) {
      const where = and(
        eq(sources.workspaceId, workspaceId),
        plugin === null ? undefined : eq(sources.plugin, plugin),
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
      const gone = { deletedAt: now, isActive: false, deliveryPaused: false, nextRunAt: null, updatedAt: now };
      await db.update(sources).set(gone).where(eq(sources.id, id));
    },
  };
}
