import { expect, setDefaultTimeout, test } from "bun:test";
import { isSettled, type Member, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { until } from "../setup/process.ts";
import { createWebhook, post, saleOf, type Webhook } from "../setup/senders.ts";

setDefaultTimeout(60_000);

const COUNTERS = 6;
const DEAD = 0;
const SLOW = 1;
const counterOf = (n: number) => 1000 + n;
const tokenOf = (n: number) => `y0_token-${n}`;
/** How long the healthy ones' rows may take, on a machine that has other work; the slow one's take the whole half minute. */
const HEALTHY_MS = 15_000;

describePostgres("Among counters that several workers serve", (postgres) => {
  test("a dead token and a counter that answers after half a minute hold nobody up", async () => {
    await using cluster = await startCluster(postgres());
    const { simulator } = cluster;
    for (let n = 0; n < COUNTERS; n++) {
      simulator.addToken(tokenOf(n), { login: `login-${n}` });
      simulator.addCounter({ id: counterOf(n), name: `Shop ${n}`, ownerLogin: `login-${n}` });
      simulator.addGoal(counterOf(n), "purchase");
    }
    const members = await Promise.all([cluster.start(), cluster.start(), cluster.start()]);
    const memberOf = (n: number) => members[n % members.length] as Member;
    const webhooks: Webhook[] = [];
    for (let n = 0; n < COUNTERS; n++) {
      webhooks.push(await createWebhook(members[0], { counter_id: counterOf(n), token: tokenOf(n) }));
    }
    simulator.killToken(tokenOf(DEAD));
    const slow = simulator.faults.add({
      ...{ match: { counterId: counterOf(SLOW) }, times: "always" },
      fault: { kind: "slow", ms: 29_000 },
    });
    const healthy = webhooks.map((_, n) => counterOf(n)).filter((_, n) => n !== DEAD && n !== SLOW);
    const counted = () => simulator.ledger.conversions().filter(({ counterId }) => healthy.includes(counterId)).length;

    const told: object[] = [];
    for (let round = 0; round < 3; round++) {
      for (const [n, webhook] of webhooks.entries()) {
        const sale = saleOf(`${n}-${round}`);
        expect((await post(memberOf(n + round), webhook, [sale])).status).toBe(202);
        told.push(sale);
      }
      const expected = healthy.length * (round + 1);
      await until("the healthy ones' rows are at Metrika", () => counted() === expected || null, HEALTHY_MS);
      expect(simulator.ledger.total).toBe(expected);
    }

    slow.remove();
    simulator.addToken(tokenOf(DEAD), { login: `login-${DEAD}` });
    const renewed = await fetch(`${members[1].url}/v1/webhooks/${webhooks[DEAD]?.id}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${members[1].operatorToken}`, "content-type": "application/json" },
      body: JSON.stringify({ token: tokenOf(DEAD) }),
    });
    expect(renewed.status).toBe(200);
    await until("everything is settled", () => isSettled(cluster, members[2]), 50_000);
    expect(differenceOf(simulator, told)).toEqual(whole);
    expect(simulator.ledger.rows).toBe(told.length);
  });
});
