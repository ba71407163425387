import type { LeaseName, LeaseStore } from "../store.ts";

/** Leases within the one process that a file of SQLite serves; a new process finds them all free. */
export function createLeases(): LeaseStore {
  const held = new Map<LeaseName, { readonly holder: string; readonly until: number }>();
  return {
    async take(name, holder, ttlMs) {
      // Nobody else keeps house here.
      if (name === "housekeeping") return true;
      const lease = held.get(name);
      if (lease !== undefined && lease.holder !== holder && lease.until > performance.now()) return false;
      held.set(name, { holder, until: performance.now() + ttlMs });
      return true;
    },
    async release(name, holder) {
      if (held.get(name)?.holder === holder) held.delete(name);
    },
  };
}
