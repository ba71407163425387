import postgres from "postgres";
import type { SharedChange } from "../store.ts";
import type { Pool } from "./pool.ts";

/** The channel on which triggers tell what was changed. */
const CHANNEL = "gateway_changes";
const TOLD: readonly string[] = ["sources", "api_keys", "sessions", "members"] satisfies readonly SharedChange["of"][];

/** Tells what any gateway changes. */
export interface Changes {
  onChange(listener: (change: SharedChange) => void): void;
  close(): Promise<void>;
}

/** Listens on a session of its own, and anew whenever the database comes back. */
export function listenForChanges(address: string, pool: Pool): Changes {
  const listeners = new Set<(change: SharedChange) => void>();
  const tell = (payload: string) => {
    const [of = "", id] = payload.split(":");
    if (!TOLD.includes(of) || id === undefined) return;
    for (const listener of listeners) listener({ of: of as SharedChange["of"], id });
  };
  const listen = () => {
    const session = postgres(address, { max: 1, onnotice: () => {}, connect_timeout: 3 });
    // Whoever keeps things in memory reads them again after some seconds: a session that is not to be had does no harm.
    session.listen(CHANNEL, tell).catch(() => {});
    return session;
  };
  let session = listen();
  pool.onReturn(() => {
    session.end({ timeout: 0 }).catch(() => {});
    session = listen();
  });
  return {
    onChange: (listener) => void listeners.add(listener),
    close: () => session.end({ timeout: 1 }),
  };
}
