import { expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import postgresJs from "postgres";
import { type Cluster, isSettled, LEASE_MS, linesOf, type Member, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { until } from "../setup/process.ts";
import { createWebhook, post, saleOf } from "../setup/senders.ts";

setDefaultTimeout(60_000);

/** The end of a claim, three lists, and the file again; on a machine that has other work. */
const TAKEN_OVER_MS = LEASE_MS + 15_000;
/** The end of the right to give rows their files lies further off. */
const PLANNED_MS = 30_000;

const salesOf = (name: string, count: number) => Array.from({ length: count }, (_, n) => saleOf(`${name}-${n}`));

/** Resolves when a process stands still, as SIGSTOP lets it; where the kernel does not tell, when it has had the time. */
function standsStill({ pid }: Member) {
  return until("it stands still", async () => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T") || null;
  });
}

const statesOf = async (cluster: Cluster) =>
  (await cluster.sql<{ state: string }>("select state from uploads order by id")).map(({ state }) => state);

describePostgres("A worker that was away for longer than its claim", (postgres) => {
  for (const { name, at, isThere } of [
    { name: "stood still in the middle of a file", at: "half of the body sent", isThere: false },
    { name: "stood still with Metrika's answer in hand", at: "upload answered", isThere: true },
  ] as const) {
    test.concurrent(`and ${name} changes nothing when it goes on: another has looked the file up and finished it`, async () => {
      await using cluster = await startCluster(postgres());
      const { simulator } = cluster;
      const [intake, sleeper] = await Promise.all([
        cluster.start({ role: "intake" }),
        cluster.start({ role: "worker", strike: { at, by: "SIGSTOP" } }),
      ]);
      const sales = salesOf("paused", 3);
      expect((await post(intake, await createWebhook(intake), sales)).status).toBe(202);
      await standsStill(sleeper);
      expect(simulator.ledger.files).toHaveLength(isThere ? 1 : 0);

      const heir = await cluster.start({ role: "worker" });
      await until("another has finished it", () => isSettled(cluster, heir), TAKEN_OVER_MS);
      sleeper.signal("SIGCONT");
      await until(
        "the late one is refused",
        async () =>
          (await linesOf(sleeper)).some(({ message }) => message.includes("taken over by another worker")) || null,
      );

      expect(await statesOf(cluster)).toEqual(["completed"]);
      expect(simulator.requests.byOperation.upload).toBe(isThere ? 1 : 2);
      expect(differenceOf(simulator, sales)).toEqual(whole);
      expect(simulator.ledger.rows).toBe(sales.length);
      // It is of use again.
      await heir.terminate();
      const more = salesOf("later", 3);
      const webhook = await createWebhook(intake);
      expect((await post(intake, webhook, more)).status).toBe(202);
      await until("it works", () => isSettled(cluster, sleeper), PLANNED_MS);
      expect(differenceOf(simulator, [...sales, ...more])).toEqual(whole);
    });
  }

  test.concurrent("and died with Metrika's answer in hand is not missed: another looks the file up and does not send it again", async () => {
    await using cluster = await startCluster(postgres());
    const { simulator } = cluster;
    const [intake, mortal] = await Promise.all([
      cluster.start({ role: "intake" }),
      cluster.start({ role: "worker", strike: { at: "upload answered", by: "SIGKILL" } }),
    ]);
    const sales = salesOf("lost", 3);
    expect((await post(intake, await createWebhook(intake), sales)).status).toBe(202);
    expect(await mortal.ended).toBe("SIGKILL");
    const heir = await cluster.start({ role: "worker" });
    await until("another has finished it", () => isSettled(cluster, heir), TAKEN_OVER_MS);
    expect(simulator.requests.byOperation.upload).toBe(1);
    expect(differenceOf(simulator, sales)).toEqual(whole);
  });

  test.concurrent("and stood still while it gave rows their files gives none when it goes on: another has given them", async () => {
    await using cluster = await startCluster(postgres());
    const { simulator } = cluster;
    const [intake, sleeper] = await Promise.all([
      cluster.start({ role: "intake" }),
      cluster.start({ role: "worker", strike: { at: "one page placed", by: "SIGSTOP" } }),
    ]);
    const webhook = await createWebhook(intake);
    const sales = salesOf("planned", 6000);
    expect((await post(intake, webhook, sales)).status).toBe(202);
    await standsStill(sleeper);
    const heir = await cluster.start({ role: "worker" });
    await until("another has finished it", () => isSettled(cluster, heir), PLANNED_MS);
    sleeper.signal("SIGCONT");
    const more = salesOf("after", 500);
    expect((await post(intake, webhook, more)).status).toBe(202);
    await until("those are finished", () => isSettled(cluster, heir), PLANNED_MS);
    await Bun.sleep(500);
    expect(await isSettled(cluster, heir)).toBe(true);
    expect(differenceOf(simulator, [...sales, ...more])).toEqual(whole);
    expect(simulator.ledger.rows).toBe(sales.length + more.length);
  });

  test.concurrent("and stood still in the middle of a transaction holds nobody up until it goes on", async () => {
    await using cluster = await startCluster(postgres());
    const { simulator } = cluster;
    const intake = await cluster.start({ role: "intake" });
    const sales = salesOf("held", 100);
    expect((await post(intake, await createWebhook(intake), sales)).status).toBe(202);
    // Whoever gives rows their files has to wait here, with what it holds already in its hands.
    const gate = postgresJs(cluster.databaseUrl, { max: 1, onnotice: () => {} });
    const sleeper = await gate.begin(async (tx) => {
      await tx`select id from gateway.conversions for update`;
      const worker = await cluster.start({ role: "worker" });
      await until("it waits at the gate", async () => {
        const [waiting] = await cluster.sql<{ n: number }>(
          "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        );
        return (waiting?.n ?? 0) > 0 || null;
      });
      worker.signal("SIGSTOP");
      await standsStill(worker);
      return worker;
    });
    await gate.end();
    const [held] = await cluster.sql<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
    );
    expect(held?.n).toBe(1);

    const heir = await cluster.start({ role: "worker" });
    await until("another has finished it", () => isSettled(cluster, heir), PLANNED_MS);
    sleeper.signal("SIGCONT");
    await Bun.sleep(1000);
    expect(await isSettled(cluster, heir)).toBe(true);
    expect(differenceOf(simulator, sales)).toEqual(whole);
    expect(simulator.ledger.rows).toBe(sales.length);
  });
});
