import type { Drizzle } from "../dialect.ts";
import type { AuditStore } from "../store.ts";

/** The audit. Its triggers refuse whatever would change or delete an event. */
export function auditQueries({ db, tables: { auditEvents } }: Drizzle): AuditStore {
  return {
    async add({ actor, target, origin, ...event }) {
      await db.insert(auditEvents).values({
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
  };
}
