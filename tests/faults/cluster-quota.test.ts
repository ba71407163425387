import { expect, setDefaultTimeout, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { type Cluster, isSettled, LEASE_MS, type Member, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { until } from "../setup/process.ts";
import { createWebhook, post, saleOf, type Webhook } from "../setup/senders.ts";

setDefaultTimeout(60_000);

const LOGIN = demo.login;
const COUNTERS = 6;
const CURRENCIES = ["RUB", "USD", "EUR", "KZT"];
const counterOf = (n: number) => 1000 + n;

function addCounters(simulator: MetrikaSimulator): void {
  for (let n = 0; n < COUNTERS; n++) {
    simulator.addCounter({ id: counterOf(n), name: `Shop ${n}`, ownerLogin: LOGIN });
    simulator.addGoal(counterOf(n), "purchase");
  }
}

const webhooksOf = (member: Member): Promise<readonly Webhook[]> =>
  Promise.all(Array.from({ length: COUNTERS }, (_, n) => createWebhook(member, { counter_id: counterOf(n) })));

/** One sale of each counter in each currency, which makes a file of each. */
async function postEverywhere(member: Member, webhooks: readonly Webhook[], name: string): Promise<readonly object[]> {
  const told: object[] = [];
  for (const [n, webhook] of webhooks.entries()) {
    const sales = CURRENCIES.map((currency) => ({ ...saleOf(`${name}-${n}-${currency}`), currency }));
    expect((await post(member, webhook, sales)).status).toBe(202);
    told.push(...sales);
  }
  return told;
}

/** The most uploads that were on their way at once, looked at until it is stopped. */
function watchUploads({ simulator }: Cluster) {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, simulator.openRequests);
  }, 2);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

describePostgres("Three workers with one login", (postgres) => {
  test.concurrent("never have more than three requests of it on their way at once, and keep it busy", async () => {
    await using cluster = await startCluster(postgres(), { env: { POLL_INTERVAL_SECONDS: "0.5" } });
    const { simulator } = cluster;
    addCounters(simulator);
    const [intake] = await Promise.all([
      cluster.start({ role: "intake" }),
      ...Array.from({ length: 3 }, () => cluster.start({ role: "worker" })),
    ]);
    const webhooks = await webhooksOf(intake);
    const slow = { match: { operation: "upload" }, times: "always", fault: { kind: "slow", ms: 300 } } as const;
    simulator.faults.add(slow);
    simulator.faults.add({ ...slow, match: { operation: "list" } });
    const watch = watchUploads(cluster);
    const told = await postEverywhere(intake, webhooks, "parallel");
    await until("all are at Metrika", () => simulator.ledger.total === told.length || null, 30_000);
    const most = watch.stop();

    expect(most).toBeGreaterThanOrEqual(2);
    expect(most).toBeLessThanOrEqual(3);
    expect(simulator.requests.mostParallel[LOGIN]).toBeLessThanOrEqual(3);
    expect(differenceOf(simulator, told)).toEqual(whole);
    expect(simulator.requests.byOperation.upload).toBe(told.length);
  });

  test.concurrent("spend no more than its requests of a day together", async () => {
    const DAILY = 100;
    const LEFT = 3;
    await using cluster = await startCluster(postgres(), { env: { METRIKA_DAILY_REQUESTS: String(DAILY) } });
    const { simulator } = cluster;
    addCounters(simulator);
    const intake = await cluster.start({ role: "intake" });
    const webhooks = await webhooksOf(intake);
    // A share of the day stays for people; but for a few, the others were spent before.
    await cluster.sql(`update login_quota set writes = ${DAILY * 0.95 - LEFT}`);
    await postEverywhere(intake, webhooks, "day");
    await Promise.all(Array.from({ length: 3 }, () => cluster.start({ role: "worker" })));
    await until("the day is spent", () => simulator.requests.byOperation.upload === LEFT || null, 20_000);
    await Bun.sleep(1500);

    expect(simulator.requests.byOperation.upload).toBe(LEFT);
    expect(simulator.ledger.files).toHaveLength(LEFT);
    const [spent] = await cluster.sql<{ reads: number; writes: number }>(
      "select sum(reads)::int as reads, sum(writes)::int as writes from login_quota",
    );
    expect(spent?.writes).toBe(DAILY * 0.95);
    // Whoever asked, it was counted: in the store as at Metrika.
    expect(spent?.reads).toBe(simulator.requests.byGroup.client_read);
  });

  test.concurrent("take the places of one that crashed when its claims run out", async () => {
    await using cluster = await startCluster(postgres());
    const { simulator } = cluster;
    addCounters(simulator);
    const [intake, mortal] = await Promise.all([
      cluster.start({ role: "intake" }),
      cluster.start({ role: "worker", strike: { at: "half of the body sent", by: "SIGKILL" } }),
    ]);
    const webhooks = await webhooksOf(intake);
    const told = await postEverywhere(intake, webhooks, "crashed");
    expect(await mortal.ended).toBe("SIGKILL");
    const died = performance.now();
    const places = await cluster.sql("select id from uploads where state = 'sending'");
    expect(places.length).toBeGreaterThanOrEqual(1);

    const [heir] = await Promise.all([cluster.start({ role: "worker" }), cluster.start({ role: "worker" })]);
    await until("no claim of the dead is left", async () => {
      const [left] = await cluster.sql<{ n: string }>(
        "select count(*) as n from uploads where state = 'sending' and attempts = 1 and lease_until < extract(epoch from now()) * 1000",
      );
      const sent = simulator.ledger.total > 0;
      return (Number(left?.n) === 0 && sent) || null;
    });
    expect(performance.now() - died).toBeLessThan(LEASE_MS + 10_000);
    await until("all are settled", () => isSettled(cluster, heir), 30_000);
    expect(differenceOf(simulator, told)).toEqual(whole);
    expect(simulator.ledger.rows).toBe(told.length);
  });
});
