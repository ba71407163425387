import type { Actor, AuditEvent, AuditStore } from "../store/store.ts";
import type { AuditAction } from "./actions.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** One act to be written down, without what the audit adds itself. */
export type Act = Omit<AuditEvent, "uuid" | "at" | "action"> & { readonly action: AuditAction };

/** Whoever can read the data folder. */
export const OPERATOR: Actor = { kind: "operator", id: null, name: null };

/** The gateway itself, by the clock. */
export const SYSTEM: Actor = { kind: "system", id: null, name: null };

/** Where an act comes from that no request asked for. */
export const NO_ORIGIN: AuditEvent["origin"] = { address: null, userAgent: null, requestId: null };

/** Writes down who did what. */
export interface Audit {
  /**
   * Resolves when it is on disk: an act is answered only after that.
   * @param act `before` and `after` hold only what may be shown: no token, secret, password or code. What looks like one all
   * the same is masked
   */
  record(act: Act): Promise<void>;
}

/** Makes the audit of one process. */
export function createAudit(store: AuditStore, newUuid: () => string, now: () => number): Audit {
  return {
    record: ({ action, workspaceId, ...told }) =>
      store.add({ ...withoutSecrets(told), action, workspaceId, uuid: newUuid(), at: now() }),
  };
}
