import { expect, test } from "bun:test";
import type { LaneGroup, LoginDemand, LoginSpending, QuotaStore } from "../store/store.ts";
import { createLoginPlans } from "./login-plans.ts";
import { createRequestBudget } from "./request-budget.ts";
import { defaultRules, workersShare } from "./rules.ts";
import { NOW } from "./upload-examples.ts";

const owner = { login: "owner", tokenHash: "hash" };
const busy: readonly LaneGroup[] = Array.from({ length: 200 }, (_, counterId) => ({
  ...{ counterId, credentialId: 1, currency: "RUB", target: "purchase", identifier: "client_id" },
  ...{ files: 72, lingerMs: 300_000, firstAt: 0 },
}));

/** Plans over a login that has spent so much on these days, with a clock that tests move. */
function plansFor(spentOn: Readonly<Record<string, Partial<LoginSpending>>>) {
  const clock = { now: NOW };
  const asked: string[] = [];
  const demand: LoginDemand = { groups: busy, plannedFiles: 0, openFiles: [], countersWaiting: 0 };
  const none = { reads: 0, writes: 0, exhaustedAt: null };
  const quota: Pick<QuotaStore, "spent" | "demand"> = {
    spent: async (_, now) => ({ ...none, ...spentOn[new Date(now).toISOString().slice(0, 10)] }),
    demand: async (loginKey) => {
      asked.push(loginKey);
      return demand;
    },
  };
  return { clock, asked, plans: createLoginPlans(quota as QuotaStore, defaultRules, () => clock.now) };
}

test("a login that hardly spends anything has the settings, and nobody looks through its files", async () => {
  const { plans, asked } = plansFor({ "2026-11-23": { writes: 237 }, "2026-11-22": { reads: 237 } });
  expect(await plans.rulesFor(owner)).toEqual({ ...defaultRules, isSplit: true, isOneByOne: true });
  expect(asked).toEqual([]);
});

test.each(["2026-11-23", "2026-11-22"])("a login that spent much on %s is planned", async (day) => {
  const { plans, asked } = plansFor({ [day]: { writes: 2000 } });
  const { isSplit, lingerMs } = await plans.rulesFor(owner);
  expect(isSplit).toBe(false);
  expect(lingerMs).toBeGreaterThan(defaultRules.lingerMs);
  expect(asked).toEqual(["owner"]);
});

test("a plan is kept for half a minute, and not beyond its day", async () => {
  const { plans, asked, clock } = plansFor({ "2026-11-23": { writes: 4750 } });
  const first = await plans.rulesFor(owner);
  clock.now += 29_999;
  expect(await plans.rulesFor(owner)).toBe(first);
  clock.now += 1;
  await plans.rulesFor(owner);
  expect(asked).toHaveLength(2);
  clock.now = Date.parse("2026-11-23T23:59:59Z");
  await plans.rulesFor(owner);
  clock.now += 1000;
  await plans.rulesFor(owner);
  expect(asked).toHaveLength(4);
});

test("a token whose login is unknown is planned by itself", async () => {
  const { plans, asked } = plansFor({ "2026-11-23": { writes: 2000 } });
  await plans.rulesFor({ login: null, tokenHash: "hash" });
  expect(asked).toEqual(["hash"]);
});

test("what is told of a plan is what sending goes by", async () => {
  const quiet = plansFor({});
  const { forecast, ...told } = await quiet.plans.planOf("owner");
  expect(await quiet.plans.rulesFor(owner)).toMatchObject(told);
  expect(forecast.writes).toBeGreaterThan(0);
  const spender = plansFor({ "2026-11-23": { writes: 2000 } });
  const { forecast: _, ...planned } = await spender.plans.planOf("owner");
  expect(await spender.plans.rulesFor(owner)).toMatchObject(planned);
});

test("the worker leaves the reserve to people, and nobody goes beyond the day's requests", async () => {
  let spent = 0;
  const spend: QuotaStore["spend"] = async ({ limit }) => spent < limit && ++spent > 0;
  const rules = { dailyRequests: 100, reserveShare: 0.05 };
  const before = createRequestBudget({ spend }, rules, () => NOW);
  const ask = (isBackground: boolean) =>
    before({ loginKey: "owner", kind: "write", isBackground }).then(
      () => true,
      () => false,
    );
  let taken = 0;
  while (await ask(true)) taken++;
  expect(taken).toBe(workersShare(rules));
  while (await ask(false)) taken++;
  expect(taken).toBe(100);
  const refused = before({ loginKey: "owner", kind: "write", isBackground: true });
  await expect(refused).rejects.toMatchObject({ kind: "throttled", quota: { freed: "midnight_gmt" } });
  await before({ loginKey: null, kind: "read", isBackground: false });
  expect(spent).toBe(100);
});
