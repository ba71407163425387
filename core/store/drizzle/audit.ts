import { and, desc, eq, gte, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { AuditEvent, AuditFilter, AuditPage, AuditPlace, AuditStore } from "../store.ts";

/** One of the walks that a filter comes to: each is in order by an index of its own, and together they are the answer. */
interface Lane {
  readonly workspaceId: number | null;
  readonly action: string | null;
}

/** The audit. Its triggers refuse whatever would change or delete an event. */
export function auditQueries({ db, tables: { auditEvents: events } }: Drizzle): AuditStore {
  async function walk({ workspaceId, action }: Lane, filter: AuditFilter, before: AuditPlace | null, limit: number) {
    const where = and(
      workspaceId === null ? isNull(events.workspaceId) : eq(events.workspaceId, workspaceId),
      action === null ? undefined : eq(events.action, action),
      filter.actorKind === null ? undefined : eq(events.actorKind, filter.actorKind),
      filter.actorId === null ? undefined : eq(events.actorId, filter.actorId),
      filter.targetKind === null ? undefined : eq(events.targetKind, filter.targetKind),
      filter.targetId === null ? undefined : eq(events.targetId, filter.targetId),
      filter.from === null ? undefined : gte(events.at, filter.from),
      filter.to === null ? undefined : lt(events.at, filter.to),
      before === null ? undefined : below(before),
    );
    return db.select().from(events).where(where).orderBy(desc(events.at), desc(events.id)).limit(limit);
  }
  // Compared as a pair, which an index answers; "or" between the two would not.
  const below = ({ at, id }: AuditPlace): SQL => sql`(${events.at}, ${events.id}) < (${at}, ${id})`;
  type Row = Awaited<ReturnType<typeof walk>>[number];

  return {
    async add({ actor, target, origin, ...event }) {
      await db.insert(events).values({
        ...event,
        actorKind: actor.kind,
        actorId: actor.id,
        actorName: actor.name,
        targetKind: target.kind,
        targetId: target.id,
        targetName: target.name,
        ...origin,
      });
    },
    async list(filter, before, limit): Promise<AuditPage> {
      const rows: Row[] = [];
      for (const lane of lanesOf(filter)) rows.push(...(await walk(lane, filter, before, limit + 1)));
      const newest = rows.sort((a, b) => b.at - a.at || b.id - a.id).slice(0, limit);
      const last = newest.at(-1);
      const after = rows.length > limit && last !== undefined ? { at: last.at, id: last.id } : null;
      return { events: newest.map(toEvent), after };
    },
  };

  function toEvent(row: Row): AuditEvent & AuditPlace {
    const { actorKind, actorId, actorName, targetKind, targetId, targetName, address, userAgent, requestId, ...rest } =
      row;
    return {
      ...rest,
      actor: { kind: actorKind, id: actorId, name: actorName },
      target: { kind: targetKind, id: targetId, name: targetName },
      origin: { address, userAgent, requestId },
    };
  }
}

const lanesOf = ({ workspaceIds, actions }: AuditFilter): readonly Lane[] =>
  workspaceIds.flatMap((workspaceId) => (actions ?? [null]).map((action) => ({ workspaceId, action })));
