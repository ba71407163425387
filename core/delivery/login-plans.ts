import type { CredentialRecord, QuotaStore } from "../store/store.ts";
import { loginKeyOf } from "./login-key.ts";
import { planQuota, type QuotaPlan, WINDOW_MS } from "./quota-plan.ts";
import { type DeliveryRules, workersShare } from "./rules.ts";
import { nextMidnight } from "./send-outcome.ts";

/** How long a plan is kept: what it is made from is a look through the files of six hours. */
const KEPT_MS = 30_000;
const DAY_MS = 86_400_000;
/** A login that spends less than this share of its days needs no plan, and most never do. */
const LEAST_SPENT = 0.05;

/** The plan of each login, made anew now and then. */
export interface LoginPlans {
  /** The rules as a login's plan bends them, kept for half a minute. */
  rulesFor(credential: Pick<CredentialRecord, "login" | "tokenHash">): Promise<PlannedRules>;
  /** The plan as of now, with its forecast, for whoever asks what it is. */
  planOf(loginKey: string): Promise<QuotaPlan>;
}

/** Rules, some of which the plan has stretched. */
export type PlannedRules = DeliveryRules & Pick<QuotaPlan, "isSplit" | "isOneByOne">;

/** Makes the plans of one process. */
export function createLoginPlans(quota: QuotaStore, rules: DeliveryRules, now: () => number): LoginPlans {
  const { lingerMs, pollMs, goalRecheckMs, goalForcedReadMs } = rules;
  const asSet = { lingerMs, pollMs, goalRecheckMs, goalForcedReadMs, isSplit: true, isOneByOne: true };
  const kept = new Map<string, { readonly until: number; readonly rules: PlannedRules }>();

  async function planOf(loginKey: string): Promise<QuotaPlan> {
    const spent = await quota.spent(loginKey, now());
    const demand = await quota.demand(loginKey, now() - WINDOW_MS);
    const plan = planQuota({ now: now(), spent, demand }, rules);
    return (await needsNoPlan(loginKey)) ? { ...plan, ...asSet } : plan;
  }

  async function needsNoPlan(loginKey: string): Promise<boolean> {
    const [today, yesterday] = [await quota.spent(loginKey, now()), await quota.spent(loginKey, now() - DAY_MS)];
    const little = LEAST_SPENT * workersShare(rules);
    return today.exhaustedAt === null && [today, yesterday].every((day) => day.reads < little && day.writes < little);
  }

  async function makeRules(loginKey: string): Promise<PlannedRules> {
    if (await needsNoPlan(loginKey)) return { ...rules, ...asSet };
    const { forecast: _, ...plan } = await planOf(loginKey);
    return { ...rules, ...plan };
  }

  return {
    planOf,
    async rulesFor(credential) {
      const loginKey = loginKeyOf(credential);
      const known = kept.get(loginKey);
      if (known && known.until > now() && known.until - now() <= KEPT_MS) return known.rules;
      const made = await makeRules(loginKey);
      // A plan ends with its day: the next one has a quota of its own.
      kept.set(loginKey, { until: Math.min(now() + KEPT_MS, nextMidnight(now())), rules: made });
      return made;
    },
  };
}
