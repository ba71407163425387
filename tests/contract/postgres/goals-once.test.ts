import { expect, onTestFinished, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { demo, seedDemo } from "../../../core/metrika/simulator/demo-data.ts";
import { createMetrikaSimulator } from "../../../core/metrika/simulator/simulator.ts";
import { composeGateway } from "../../../gateway/gateway.ts";
import { newMasterKey } from "../../setup/cluster.ts";
import { connectAccount } from "../../setup/connected-account.ts";
import { describePostgres } from "../../setup/describe-postgres.ts";
import { testConfig } from "../../setup/gateway.ts";

describePostgres("two gateways on one PostgreSQL", (server) => {
  /** Two gateways before one Metrika that takes its time, and a way to ask each of them. */
  async function start() {
    const [folder, url] = [await mkdtemp(`${tmpdir()}/goals-once-`), await server().createDatabase()];
    const simulator = createMetrikaSimulator();
    seedDemo(simulator);
    simulator.faults.add({ times: "always", fault: { kind: "slow", ms: 50 } });
    const env = { DATABASE_URL: url, GATEWAY_SECRET_KEY: newMasterKey() };
    const config = testConfig(folder, env);
    const compose = () => composeGateway(config, { fetch: (to, init) => simulator.fetch(to, init) });
    const gateways = [await compose(), await compose()] as const;
    onTestFinished(async () => {
      await Promise.all(gateways.map((gateway) => gateway.close(0)));
      await server().dropDatabase(url);
      await rm(folder, { recursive: true, force: true });
    });
    const account = await connectAccount({ gateway: gateways[0], config, clock: Date });
    const post = async (nth: number, path: string, body: object) => {
      const gateway = gateways[nth % 2]!;
      const headers = { authorization: `Bearer ${gateway.operatorToken}`, "content-type": "application/json" };
      const answer = await gateway.app.request(path, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
    };
    const atOnce = (path: string, body: object) =>
      Promise.all(Array.from({ length: 8 }, (_, nth) => post(nth, path, body)));
    return { simulator, account, post, atOnce };
  }

  test("make one goal of the same identifier, even when an answer is lost", async () => {
    const { simulator, account, post, atOnce } = await start();
    await post(0, "/v1/counters", { account_id: account.uuid, counter_id: demo.counterId });
    simulator.faults.add({ match: { operation: "create_goal" }, fault: { kind: "store_then_reset" } });
    const answers = await atOnce(`/v1/counters/${demo.counterId}/goals/ensure`, {});
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(answers.filter(({ body }) => body.created === true)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.goal_id)).size).toBe(1);
    expect(simulator.requests.byOperation.create_goal).toBe(1);
  });

  test("make one counter of the same name and site, even when an answer is lost", async () => {
    const { simulator, account, atOnce } = await start();
    simulator.faults.add({ match: { operation: "create_counter" }, fault: { kind: "store_then_reset" } });
    const answers = await atOnce(`/v1/accounts/${account.uuid}/counters`, { name: "Shop", site: "shop.example" });
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(7).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.counter_id)).size).toBe(1);
    expect(simulator.requests.byOperation.create_counter).toBe(1);
  });
});
