import type { Identity } from "./settings.ts";

/** A visit to a site, with everything by which a conversion may find it. Times are milliseconds since 1970, UTC. */
export interface Visit {
  readonly clientId?: string | undefined;
  readonly userId?: string | undefined;
  readonly yclid?: string | undefined;
  readonly purchaseIds?: readonly string[] | undefined;
  readonly startTime: number;
  /** Default: the start. */
  readonly endTime?: number | undefined;
}

/** The visits of all counters. */
export interface Visits {
  add(counterId: number, visit: Visit): void;
  /** The visits an identifier leads to, in the order of adding. */
  of(identity: Identity): readonly Visit[];
  /** When the visitor of a visit was last on the site. */
  lastSeen(counterId: number, visit: Visit): number;
}

/** No visits yet. */
export function createVisits(): Visits {
  const byIdentity = new Map<string, Visit[]>();
  const keyOf = ({ counterId, kind, identifier }: Identity) => `${counterId} ${kind} ${identifier}`;

  function file(identity: Identity, visit: Visit): void {
    const found = byIdentity.get(keyOf(identity));
    if (found === undefined) byIdentity.set(keyOf(identity), [visit]);
    else found.push(visit);
  }

  function of(identity: Identity): readonly Visit[] {
    return byIdentity.get(keyOf(identity)) ?? [];
  }

  return {
    of,
    add(counterId, visit) {
      if (visit.clientId) file({ counterId, kind: "client_id", identifier: visit.clientId }, visit);
      if (visit.userId) file({ counterId, kind: "user_id", identifier: visit.userId }, visit);
      if (visit.yclid) file({ counterId, kind: "yclid", identifier: visit.yclid }, visit);
      for (const identifier of visit.purchaseIds ?? []) file({ counterId, kind: "purchase_id", identifier }, visit);
    },
    lastSeen(counterId, visit) {
      const own = visit.clientId ? of({ counterId, kind: "client_id", identifier: visit.clientId }) : [visit];
      return own.reduce((latest, one) => Math.max(latest, one.endTime ?? one.startTime), 0);
    },
  };
}
