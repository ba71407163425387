import type { AuditEvent, AuditStore } from "../store/store.ts";

/** One act to be written down, without what the audit adds itself. */
export type Act = Omit<AuditEvent, "uuid" | "at">;

/** Writes down who did what. */
export interface Audit {
  /**
   * Resolves when it is on disk: an act is answered only after that.
   * @param act `before` and `after` hold only what may be shown: no token, secret, password or code
   */
  record(act: Act): Promise<void>;
}

/** Makes the audit of one process. */
export function createAudit(store: AuditStore, newUuid: () => string, now: () => number): Audit {
  return {
    record: (act) => store.add({ ...act, uuid: newUuid(), at: now() }),
  };
}
