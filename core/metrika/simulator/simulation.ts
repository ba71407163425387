import type { Clock } from "../clock.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createGrants, type Grants } from "./grants.ts";
import { createLedger, type LedgerBook } from "./ledger.ts";
import { createLogRequests, type LogRequests } from "./logs/log-requests.ts";
import { createOfflineGoals, type OfflineGoals } from "./offline-goals.ts";
import { createRequestBook, type RequestBook } from "./requests.ts";
import { defaultSettings, type SimulatorSettings } from "./settings.ts";
import type { Uploading } from "./uploading.ts";
import { createVisits, type Visits } from "./visits.ts";
import { createWorld, type World } from "./world.ts";

/** Everything the handlers share. */
export interface Simulation {
  readonly settings: SimulatorSettings;
  readonly faults: Faults;
  readonly world: World;
  readonly grants: Grants;
  readonly visits: Visits;
  readonly offlineGoals: OfflineGoals;
  readonly ledger: LedgerBook;
  readonly logs: LogRequests;
  readonly requests: RequestBook;
  /** By counter, oldest first. */
  readonly uploadings: Map<number, Uploading[]>;
  /** Files that are not processed yet. */
  readonly unsettled: Set<Uploading>;
  readonly clock: Clock;
  /** The simulator's time: the clock's, moved by `advance`. Milliseconds since 1970, UTC. */
  now(): number;
  nextUploadingId(): string;
}

/** A fresh Metrika. `ahead` tells how far its time has been moved on. */
export function createSimulation(clock: Clock, ahead: () => number, changes: Partial<SimulatorSettings>): Simulation {
  const settings = { ...defaultSettings(), ...changes };
  const world = createWorld();
  let lastUploadingId: bigint | null = null;
  return {
    settings,
    faults: createFaults(),
    world,
    grants: createGrants(world),
    visits: createVisits(),
    offlineGoals: createOfflineGoals(),
    ledger: createLedger(),
    logs: createLogRequests(),
    requests: createRequestBook(),
    uploadings: new Map(),
    unsettled: new Set(),
    clock,
    now: () => clock.now() + ahead(),
    nextUploadingId() {
      lastUploadingId = lastUploadingId === null ? BigInt(settings.firstUploadingId) : lastUploadingId + 1n;
      return String(lastUploadingId);
    },
  };
}
