import { expect, test } from "bun:test";
import { SECOND, sale, startTestGateway, type TestGateway, type TestWebhook } from "../setup/gateway.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { until } from "../setup/process.ts";

const COUNTERS = 10;
const DEAD = 0;
const SLOW = 1;
/** A second less than the silence after which a request is given up. */
const SLOWNESS = 29 * SECOND;
const counterOf = (n: number) => 1000 + n;
const tokenOf = (n: number) => `y0_token-${n}`;

/** Ten webhooks with a counter and a token each; then one token dies, and one counter answers slowly. */
async function tenWebhooks(
  loginOf: (n: number) => string,
): Promise<{ readonly rig: TestGateway; readonly webhooks: readonly TestWebhook[] }> {
  const rig = await startTestGateway({
    env: { UPLOAD_LINGER_SECONDS: "0" },
    settings: { visitors: "any" },
    seed(simulator) {
      for (let n = 0; n < COUNTERS; n++) {
        simulator.addToken(tokenOf(n), { login: loginOf(n) });
        simulator.addCounter({ id: counterOf(n), name: `Shop ${n}`, ownerLogin: loginOf(n) });
        simulator.addGoal(counterOf(n), "purchase");
      }
    },
  });
  const webhooks: TestWebhook[] = [];
  for (let n = 0; n < COUNTERS; n++) {
    webhooks.push(await rig.createWebhook({ counter_id: counterOf(n), token: tokenOf(n) }));
  }
  rig.simulator.killToken(tokenOf(DEAD));
  rig.simulator.faults.add({
    match: { counterId: counterOf(SLOW) },
    times: "always",
    fault: { kind: "slow", ms: SLOWNESS },
  });
  return { rig, webhooks };
}

/** A sale of each counter in each of four currencies, which makes four files of it. */
const salesOf = (counter: number, round: number) =>
  ["RUB", "USD", "EUR", "KZT"].map((currency) =>
    sale(0, { client_id: undefined, user_id: `${counter}-${round}-${currency}`, currency }),
  );

const countedOf = ({ simulator }: TestGateway, counters: readonly number[]) =>
  simulator.ledger.conversions().filter(({ counterId }) => counters.includes(counterId)).length;

for (const [name, loginOf] of [
  ["of ten logins", (n: number) => `login-${n}`],
  ["of one login", () => "agency"],
] as const) {
  test(`among ten counters ${name} a dead token and a slow counter hold nobody up`, async () => {
    const { rig, webhooks } = await tenWebhooks(loginOf);
    const healthy = webhooks.map((_, n) => counterOf(n)).filter((_, n) => n !== DEAD && n !== SLOW);
    const told: object[] = [];
    rig.gateway.worker.start();
    for (let round = 0; round < 3; round++) {
      // The sick ones come first.
      for (const [n, webhook] of webhooks.entries()) {
        expect((await rig.post(webhook, salesOf(n, round))).status).toBe(202);
        told.push(...salesOf(n, round));
      }
      const expected = healthy.length * 4 * (round + 1);
      // The clock stands still, so that the slow counter has answered nothing yet, and nobody waited for it.
      await until("the healthy ones' rows are at Metrika", () => countedOf(rig, healthy) === expected || null);
      expect(countedOf(rig, [counterOf(SLOW), counterOf(DEAD)])).toBe(0);
    }

    rig.simulator.addToken(tokenOf(DEAD), { login: loginOf(DEAD) });
    await rig.manage("PATCH", `/v1/webhooks/${webhooks[DEAD]?.id}`, { token: tokenOf(DEAD) });
    await until("everything is at Metrika", () => {
      rig.advance(SLOWNESS);
      return rig.simulator.ledger.total === told.length || null;
    });
    await rig.gateway.worker.stop(0);
    expect(differenceOf(rig.simulator, told)).toEqual(whole);
    expect(rig.simulator.ledger.rows).toBe(told.length);
  });
}
