import { expect, setDefaultTimeout, test } from "bun:test";
import {
  type GatewayProcess,
  hurried,
  serveSimulator,
  startGateway,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import { createWebhook, post, saleOf, uploadsByState, type Webhook } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

/** Posts one sale after the other until the gateway no longer takes them; the visitors whose sales were acknowledged. */
async function postUntilRefused(gateway: GatewayProcess, webhook: Webhook, sender: string): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; ; i++) {
    const id = `${sender}-${i}`;
    const answer = await post(gateway, webhook, [saleOf(id)]).catch(() => null);
    if (answer?.status !== 202) return acknowledged;
    acknowledged.push(id);
  }
}

test.concurrent("SIGTERM under load ends the gateway with exit code 0 within ten seconds, and the next start finishes the work", async () => {
  await using folder = await temporaryFolder();
  await using metrika = await serveSimulator();
  const { simulator } = metrika;
  // An upload that outlasts any patience: it must be given up and looked for later.
  simulator.faults.add({ fault: { kind: "store_then_hang" } });
  await using gateway = await startGateway(folder, hurried(metrika.url));
  const webhook = await createWebhook(gateway);
  const senders = ["a", "b", "c", "d", "e", "f"];
  const posting = Promise.all(senders.map((sender) => postUntilRefused(gateway, webhook, sender)));
  await until("an upload is under way", () => simulator.ledger.files.length > 0 || null);

  const { code, ms } = await gateway.terminate();

  expect(code).toBe(0);
  expect(ms).toBeLessThan(10_000);
  const acknowledged = (await posting).flat();
  expect(acknowledged.length).toBeGreaterThan(senders.length);
  await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();

  await using next = await startGateway(folder, hurried(metrika.url));
  await until(
    "every upload is settled",
    async () => {
      const { completed = 0, ...open } = await uploadsByState(next);
      const isWhole = simulator.ledger.total >= acknowledged.length;
      return completed > 0 && isWhole && Object.keys(open).length === 0 ? true : null;
    },
    20_000,
  );
  const counted = new Set(simulator.ledger.conversions().map(({ identifier }) => identifier));
  expect(acknowledged.filter((id) => !counted.has(id))).toEqual([]);
  expect(simulator.ledger.rows).toBe(simulator.ledger.total);
});

test.concurrent("an idle gateway stops at once, though connections to it are open", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder);
  const idle = await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(gateway.url).port),
    socket: { data() {} },
  });
  const { code, ms } = await gateway.terminate();
  idle.end();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(5000);
  expect(await Bun.file(`${folder.path}/data/running.json`).exists()).toBe(false);
});
