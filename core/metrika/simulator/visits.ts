import type { Identity } from "./settings.ts";
import type { Traffic } from "./traffic/traffic.ts";
import type { Visit } from "./visit.ts";

/** The visits of all counters: those that were added one by one, and generated traffic. */
export interface Visits {
  /** Grows with each visit and each traffic that is added. */
  readonly version: number;
  add(counterId: number, visit: Visit): void;
  /** Generated traffic replaces what was generated for the counter before; visits added one by one stay. */
  addTraffic(traffic: Traffic): void;
  trafficOf(counterId: number): Traffic | null;
  /** The visits that were added one by one, in the order of adding. */
  added(counterId: number): readonly Visit[];
  /** The visits an identifier leads to, in the order of adding. */
  of(identity: Identity): readonly Visit[];
  /** When the visitor of a visit was last on the site, as seen at an instant. */
  lastSeen(counterId: number, visit: Visit, at: number): number;
}

// Beyond 2^63, so that whoever takes visit ids for signed numbers is found out.
const FIRST_VISIT_ID = 9_300_000_000_000_000_001n;

/** No visits yet. */
export function createVisits(): Visits {
  const byIdentity = new Map<string, Visit[]>();
  const byCounter = new Map<number, Visit[]>();
  const traffics = new Map<number, Traffic>();
  let nextVisitId = FIRST_VISIT_ID;
  let version = 0;
  const keyOf = ({ counterId, kind, identifier }: Identity) => `${counterId} ${kind} ${identifier}`;

  function file(identity: Identity, visit: Visit): void {
    const found = byIdentity.get(keyOf(identity));
    if (found === undefined) byIdentity.set(keyOf(identity), [visit]);
    else found.push(visit);
  }

  function of(identity: Identity): readonly Visit[] {
    const added = byIdentity.get(keyOf(identity)) ?? [];
    const traffic = traffics.get(identity.counterId);
    return traffic === undefined ? added : [...added, ...traffic.of(identity)];
  }

  return {
    of,
    get version() {
      return version;
    },
    add(counterId, seed) {
      version++;
      const visit = { ...seed, visitId: seed.visitId ?? String(nextVisitId++) };
      const visits = byCounter.get(counterId);
      if (visits === undefined) byCounter.set(counterId, [visit]);
      else visits.push(visit);
      if (visit.clientId) file({ counterId, kind: "client_id", identifier: visit.clientId }, visit);
      if (visit.userId) file({ counterId, kind: "user_id", identifier: visit.userId }, visit);
      if (visit.yclid) file({ counterId, kind: "yclid", identifier: visit.yclid }, visit);
      for (const identifier of visit.purchaseIds ?? []) file({ counterId, kind: "purchase_id", identifier }, visit);
    },
    addTraffic(traffic) {
      version++;
      traffics.set(traffic.counterId, traffic);
    },
    trafficOf: (counterId) => traffics.get(counterId) ?? null,
    added: (counterId) => byCounter.get(counterId) ?? [],
    lastSeen(counterId, visit, at) {
      const own = visit.clientId ? of({ counterId, kind: "client_id", identifier: visit.clientId }) : [visit];
      return own
        .filter((one) => one.startTime <= at)
        .reduce((latest, one) => Math.max(latest, one.endTime ?? one.startTime), 0);
    },
  };
}
