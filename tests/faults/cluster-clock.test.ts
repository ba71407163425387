import { expect, setDefaultTimeout, test } from "bun:test";
import { isSettled, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { keepPosting } from "../setup/posting.ts";
import { until } from "../setup/process.ts";
import { createWebhook, post, saleOf } from "../setup/senders.ts";

setDefaultTimeout(60_000);

const HOUR_MS = 3_600_000;
const SECOND_MS = 1000;

describePostgres("Gateways whose clocks disagree by hours", (postgres) => {
  test.concurrent("keep no claim too long or too short, and each conversion is counted once though one of them dies", async () => {
    await using cluster = await startCluster(postgres());
    const { simulator } = cluster;
    const [right, fast, slow, jumping] = await Promise.all([
      cluster.start(),
      cluster.start({ clock: { off: HOUR_MS } }),
      cluster.start({ clock: { off: -HOUR_MS } }),
      cluster.start({ clock: { jump: HOUR_MS } }),
    ]);
    const members = [right, fast, slow, jumping];
    const webhook = await createWebhook(right);
    // Long enough that claims are renewed while other clocks say that they are past.
    simulator.faults.add({ match: { operation: "upload" }, times: "always", fault: { kind: "slow", ms: 1500 } });
    simulator.faults.add({ fault: { kind: "store_then_reset" } });
    let living = members;
    const posting = keepPosting(() => living, webhook, "clocks");
    for (let round = 0; round < 6; round++) {
      await Bun.sleep(500);
      jumping.signal("SIGUSR2");
    }
    living = [right, slow, jumping];
    await Bun.sleep(200);
    await fast.kill();
    const { acknowledged, perhaps, refused } = await posting.stop();
    simulator.faults.clear();

    expect(refused).toEqual([]);
    await until("everything is settled", () => isSettled(cluster, right), 40_000);
    expect(differenceOf(simulator, acknowledged, perhaps)).toEqual(whole);
    // Taken back too early, a file would go twice.
    expect(simulator.ledger.rows).toBe(simulator.ledger.total);
  });

  test.concurrent("judge alike what lies in the future", async () => {
    await using cluster = await startCluster(postgres());
    const members = await Promise.all([
      cluster.start({ role: "intake", clock: { off: HOUR_MS } }),
      cluster.start({ role: "intake", clock: { off: -HOUR_MS } }),
    ]);
    const webhook = await createWebhook(members[0]);
    const inMs = (ms: number) => Math.floor((Date.now() + ms) / SECOND_MS);
    for (const [n, member] of members.entries()) {
      const now = { ...saleOf(`now-${n}`), date_time: inMs(0) };
      const inHalfAnHour = { ...saleOf(`later-${n}`), date_time: inMs(HOUR_MS / 2) };
      const answers = [await post(member, webhook, [now]), await post(member, webhook, [inHalfAnHour])];
      expect(answers.map(({ status }) => status)).toEqual([202, 422]);
    }
  });
});
