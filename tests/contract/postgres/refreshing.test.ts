import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createManualClock } from "../../../core/metrika/clock.ts";
import { demo } from "../../../core/metrika/simulator/demo-data.ts";
import { createMetrikaSimulator } from "../../../core/metrika/simulator/simulator.ts";
import { composeGateway } from "../../../gateway/gateway.ts";
import { applicationEnv, seedAccounts } from "../../setup/accounts.ts";
import { newMasterKey } from "../../setup/cluster.ts";
import { describePostgres } from "../../setup/describe-postgres.ts";
import { DAY, START, testConfig } from "../../setup/gateway.ts";

describePostgres("gateways that share accounts on PostgreSQL", (server) => {
  test("a token that is due is renewed once, though every gateway has its clock at that instant", async () => {
    const url = await server().createDatabase();
    const clock = createManualClock(Date.parse(START));
    const simulator = createMetrikaSimulator({ clock });
    seedAccounts(simulator);
    const folder = await mkdtemp(`${tmpdir()}/refreshing-`);
    const secretKey = newMasterKey();
    const env = { ...applicationEnv, DATABASE_URL: url, GATEWAY_SECRET_KEY: secretKey };
    const start = (name: string) =>
      composeGateway(testConfig(folder, { ...env, DATA_FOLDER: `${folder}/${name}` }), {
        ...{ fetch: (address, init) => simulator.fetch(address, init), now: clock.now, clock },
      });
    const gateways = [await start("one"), await start("two"), await start("three")];
    try {
      const [first] = gateways;
      const ask = async (path: string, body: object) => {
        const headers = { authorization: `Bearer ${first?.operatorToken}`, "content-type": "application/json" };
        const answer = await first?.app.request(path, { method: "POST", headers, body: JSON.stringify(body) });
        return (await answer?.json()) as Record<string, string>;
      };
      const { authorize_url: authorizeUrl = "" } = await ask("/v1/accounts/connect", {});
      const back = new URL(simulator.consent({ authorizeUrl, login: demo.login })).searchParams;
      await ask("/v1/accounts/callback", { code: back.get("code"), state: back.get("state") });
      const before = simulator.requests.byOperation.oauth_token ?? 0;

      for (let quarter = 1; quarter <= 3; quarter++) {
        clock.advance(90 * DAY);
        await Promise.all(gateways.map(({ worker }) => worker.runOnce()));
        expect(simulator.requests.byOperation.oauth_token).toBe(before + quarter);
      }
      const [account] = (await first?.store.accounts.list(first.store.installation.workspaceId)) ?? [];
      expect(account).toMatchObject({ refreshedAt: clock.now(), refreshFailures: 0, refreshError: null });
    } finally {
      for (const gateway of gateways) await gateway.close(0);
      await server().dropDatabase(url);
      await rm(folder, { recursive: true, force: true });
    }
  });
});
