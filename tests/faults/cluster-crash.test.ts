import { expect, setDefaultTimeout, test } from "bun:test";
import { type Cluster, isSettled, type Member, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { keepPosting } from "../setup/posting.ts";
import { until } from "../setup/process.ts";
import { seeded } from "../setup/seeded.ts";
import { createWebhook, post, type Receipt, saleOf } from "../setup/senders.ts";

setDefaultTimeout(60_000);

const ROUNDS = Number(process.env.CLUSTER_CRASH_ROUNDS ?? 4);
const SEED = Number(process.env.CRASH_SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);
/** A file that was on its way when its worker died waits for the end of a claim and three lists before it goes again. */
const SETTLE_MS = 30_000 + ROUNDS * 2000;

/** Three gateways that do everything. */
async function startThree(cluster: Cluster): Promise<[Member, Member, Member]> {
  return Promise.all([cluster.start(), cluster.start(), cluster.start()]);
}

/** Visitors whose sale does not stand in the store exactly once. */
async function notStoredOnce(cluster: Cluster, sales: readonly object[]): Promise<readonly string[]> {
  const rows = await cluster.sql<{ user_id: string; n: string }>(
    "select user_id, count(*) as n from conversions group by user_id",
  );
  const stored = new Map(rows.map(({ user_id, n }) => [user_id, Number(n)]));
  const visitors = sales.map((sale) => String((sale as { user_id: string }).user_id));
  return visitors.filter((visitor) => stored.get(visitor) !== 1);
}

describePostgres("Three gateways on one database", (postgres) => {
  test(
    "whatever any of them acknowledged survives kill -9 of one after the other, and is counted once",
    async () => {
      const random = seeded(SEED);
      await using cluster = await startCluster(postgres());
      const { simulator } = cluster;
      const members: Member[] = await startThree(cluster);
      const webhook = await createWebhook(members[0] as Member);
      simulator.faults.add({ match: { operation: "upload" }, times: "always", fault: { kind: "slow", ms: 200 } });
      const posting = keepPosting(() => members, webhook, "crash");
      try {
        for (let round = 0; round < ROUNDS; round++) {
          await Bun.sleep(200 + random() * 500);
          const struck = Math.floor(random() * members.length);
          const member = members[struck] as Member;
          await member.kill();
          members[struck] = await cluster.restart(member);
        }
        const { acknowledged, perhaps, refused } = await posting.stop();
        simulator.faults.clear();

        expect(acknowledged.length).toBeGreaterThan(100);
        expect(refused).toEqual([]);
        expect(await notStoredOnce(cluster, acknowledged)).toEqual([]);
        await until("everything is settled", () => isSettled(cluster, members[0] as Member), SETTLE_MS);
        expect(differenceOf(simulator, acknowledged, perhaps)).toEqual(whole);
        expect(simulator.ledger.rows).toBe(simulator.ledger.total);
      } catch (cause) {
        throw new Error(`Repeat with CRASH_SEED=${SEED} CLUSTER_CRASH_ROUNDS=${ROUNDS}`, { cause });
      }
    },
    60_000 + ROUNDS * 6000,
  );

  test("of 200 identical requests to them at the same instant one is stored, and the others are told its id", async () => {
    await using cluster = await startCluster(postgres());
    const members = await startThree(cluster);
    const webhook = await createWebhook(members[0]);
    const repeats = Array.from({ length: 200 }, (_, n) =>
      post(members[n % 3] as Member, webhook, [saleOf("repeated")]),
    );
    const answers = await Promise.all(repeats);
    expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
    const receipts = (await Promise.all(answers.map((answer) => answer.json()))) as Receipt[];

    const first = receipts.filter(({ accepted_count }) => accepted_count === 1);
    const others = receipts.filter(({ duplicate_count }) => duplicate_count === 1);
    expect([first.length, others.length]).toEqual([1, 199]);
    const ids = new Set(others.map(({ duplicates }) => duplicates[0]?.conversion_id));
    expect(ids.size).toBe(1);
    expect(await cluster.sql("select batch_id from webhook_conversions")).toEqual([{ batch_id: first[0]?.batch_id }]);
    await until("it is settled", () => isSettled(cluster, members[1]));
    expect(differenceOf(cluster.simulator, [saleOf("repeated")])).toEqual(whole);
    expect(cluster.simulator.ledger.rows).toBe(1);
  });

  test("SIGTERM under load ends one with exit code 0 within ten seconds, and the others finish its work", async () => {
    await using cluster = await startCluster(postgres());
    const { simulator } = cluster;
    const [leaving, ...staying] = await startThree(cluster);
    const webhook = await createWebhook(leaving);
    simulator.faults.add({ match: { operation: "upload" }, times: "always", fault: { kind: "slow", ms: 500 } });
    let members: readonly Member[] = [leaving, ...staying];
    const posting = keepPosting(() => members, webhook, "stop");
    await until("uploads are under way", () => simulator.ledger.files.length > 0 || null);

    const leave = leaving.terminate();
    await Bun.sleep(300);
    members = staying;
    const { code, ms } = await leave;
    const { acknowledged, perhaps, refused } = await posting.stop();

    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    expect(refused).toEqual([]);
    await until("everything is settled", () => isSettled(cluster, staying[0] as Member), SETTLE_MS);
    expect(await notStoredOnce(cluster, acknowledged)).toEqual([]);
    expect(differenceOf(simulator, acknowledged, perhaps)).toEqual(whole);
    expect(simulator.ledger.rows).toBe(simulator.ledger.total);
  });
});
