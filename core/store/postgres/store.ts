import type { Founding, Store } from "../store.ts";
import { openPostgres } from "./open.ts";

/** What is not there yet on PostgreSQL. */
function missing<T extends object>(part: string): T {
  return new Proxy({} as T, {
    get(_, method) {
      throw new Error(`${part}.${String(method)} is not there yet on PostgreSQL.`);
    },
  });
}

/** The store on a PostgreSQL database, for any number of gateways. */
export async function openPostgresStore(url: string, _founding: Founding): Promise<Store> {
  const { shared, close } = await openPostgres(url);
  return {
    installation: missing("installation"),
    apiKeys: missing("apiKeys"),
    credentials: missing("credentials"),
    sources: missing("sources"),
    intake: missing("intake"),
    batches: missing("batches"),
    conversions: missing("conversions"),
    matchRates: missing("matchRates"),
    planning: missing("planning"),
    uploads: missing("uploads"),
    deadLetters: missing("deadLetters"),
    replays: missing("replays"),
    withdrawals: missing("withdrawals"),
    goals: missing("goals"),
    quota: missing("quota"),
    maintenance: missing("maintenance"),
    shared,
    close,
  };
}
