import { MetrikaError } from "../metrika/errors.ts";
import type { BeforeRequest } from "../metrika/http.ts";
import type { QuotaStore, RequestKind } from "../store/store.ts";
import { type DeliveryRules, workersShare } from "./rules.ts";

/** The quotas that the gateway keeps by itself, as Metrika would name them. */
export const OWN_QUOTAS: Readonly<Record<RequestKind, string>> = {
  read: "gateway_daily_reads",
  write: "gateway_daily_writes",
};

/**
 * Counts each request in the store before it goes out, and keeps it back once the day's requests of its login are spent: for
 * the worker earlier than for people. A request that names no login is not counted.
 */
export function createRequestBudget(
  quota: Pick<QuotaStore, "spend">,
  rules: Pick<DeliveryRules, "dailyRequests" | "reserveShare">,
  now: () => number,
): BeforeRequest {
  return async ({ loginKey, kind, isBackground }) => {
    if (loginKey === null) return;
    const limit = isBackground ? workersShare(rules) : rules.dailyRequests;
    if (await quota.spend({ loginKey, kind, limit, now: now() })) return;
    throw new MetrikaError(`The day's ${limit} ${kind}s of this login are spent`, {
      kind: "throttled",
      quota: { name: OWN_QUOTAS[kind], freed: "midnight_gmt" },
      bodyMayHaveArrived: false,
    });
  };
}
