import { expect, test } from "bun:test";
import { HOUR, MINUTE, SECOND, sale, startTestGateway, type TestGateway, type TestWebhook } from "../setup/gateway.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { until } from "../setup/process.ts";
import { uploadsOf } from "../setup/uploads.ts";

/** The gateway's clock jumps; that of Metrika, which is right, does not. */
function jump(rig: TestGateway, ms: number): void {
  rig.advance(ms);
  rig.simulator.advance(-ms);
}

/** Which files are due in which order, the earliest first. */
const dueOrder = async (rig: TestGateway) =>
  [...(await uploadsOf(rig))]
    .filter(({ state }) => state !== "completed")
    .sort((a, b) => a.nextAttemptAt - b.nextAttemptAt || a.id - b.id)
    .map(({ id }) => id);

/**
 * One file in each open state, each a minute younger than the one before: being processed, sent, lost sight of, refused for
 * now, and still being filled.
 */
async function oneOfEach(rig: TestGateway, webhook: TestWebhook): Promise<{ told: object[]; heal(): void }> {
  const { simulator } = rig;
  const told: object[] = [
    sale(0),
    sale(1, { currency: "USD" }),
    sale(2, { currency: "EUR" }),
    sale(3, { currency: "KZT" }),
  ];
  const upload = { operation: "upload" } as const;
  const post = async (n: number) => {
    expect((await rig.post(webhook, [told[n]])).status).toBe(202);
    await rig.work();
  };
  const gather = async () => {
    rig.advance(5 * MINUTE);
    await rig.work();
  };
  await post(0);
  rig.advance(45 * MINUTE);
  await rig.work();
  await post(1);
  await gather();
  await post(2);
  simulator.faults.add({ match: upload, fault: { kind: "store_then_reset" } });
  const unreadable = { kind: "status", status: 503 } as const;
  const lists = simulator.faults.add({ match: { operation: "list" }, times: "always", fault: unreadable });
  await gather();
  await post(3);
  simulator.faults.add({ match: upload, fault: { kind: "status", status: 429, retryAfter: 1200 } });
  await gather();
  // Some seconds ahead, as the clocks of senders are: when the clock jumps back, it lies ahead once more.
  told.push(sale(4, { currency: "BYN", date_time: new Date(rig.clock.now() + 10 * SECOND).toISOString() }));
  await post(4);
  rig.advance(11 * SECOND);
  return { told, heal: lists.remove };
}

for (const [name, jumps] of [
  ["an hour ahead", [HOUR]],
  ["an hour back", [-HOUR]],
  ["an hour ahead and back again", [HOUR, -HOUR]],
] as const) {
  test(`when the clock jumps ${name} while files are open, their order stays, nothing is sent twice and nothing is lost`, async () => {
    const statusScript = [
      { status: "UPLOADED", afterMs: 0 },
      { status: "EXPORTED", afterMs: 30 * MINUTE },
      { status: "PROCESSED", afterMs: 3 * HOUR },
    ];
    const rig = await startTestGateway({ settings: { statusScript } });
    const webhook = await rig.createWebhook();
    const { told, heal } = await oneOfEach(rig, webhook);
    const states = (await uploadsOf(rig)).map(({ state }) => state);
    expect(states).toEqual(["processing", "sent", "uncertain", "planned", "filling"]);

    for (const [i, ms] of jumps.entries()) {
      const before = await dueOrder(rig);
      jump(rig, ms);
      expect(await dueOrder(rig)).toEqual(before);
      if (i < jumps.length - 1) await rig.work();
    }
    heal();
    // A sender whose clock is right: to a gateway that is an hour behind, the sale has yet to happen.
    const isBehind = rig.clock.now() < rig.simulator.now();
    const later = sale(5, { date_time: new Date(rig.simulator.now() - MINUTE).toISOString() });
    const { status, body } = await rig.post(webhook, [later]);
    expect([status, body.rejections[0]?.code]).toEqual(isBehind ? [422, "date_time_in_future"] : [202, undefined]);
    if (!isBehind) told.push(later);
    await rig.settle();

    expect(differenceOf(rig.simulator, told)).toEqual(whole);
    const { files, rows } = rig.simulator.ledger;
    expect(rows).toBe(told.length);
    expect(files.filter(({ lineQuantity, sourceQuantity }) => lineQuantity !== sourceQuantity)).toEqual([]);
    expect((await uploadsOf(rig)).filter(({ state }) => state !== "completed")).toEqual([]);
  });
}

test("a file on its way when the clock jumps beyond its lease is looked up, not sent again", async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let isHolding = false;
  const rig = await startTestGateway({
    network: (through) => async (url, init) => {
      const answer = await through(url, init);
      if (isHolding && url.includes("/upload?")) await held;
      return answer;
    },
  });
  await rig.post(await rig.createWebhook(), [sale(0), sale(1)]);
  isHolding = true;
  const working = rig.gateway.worker.runOnce();
  await until("Metrika has the file", () => rig.simulator.ledger.files.length === 1 || null);
  isHolding = false;

  jump(rig, HOUR);
  // The loop of a running gateway looks about while it sends.
  const looking = rig.gateway.worker.runOnce();
  await until("the lease is taken back", async () => (await uploadsOf(rig))[0]?.state === "uncertain" || null);
  letGo();
  await Promise.all([working, looking]);
  await rig.settle();

  expect(rig.simulator.requests.byOperation.upload).toBe(1);
  expect(differenceOf(rig.simulator, [sale(0), sale(1)])).toEqual(whole);
  expect(await uploadsOf(rig)).toMatchObject([{ state: "completed", linkedQuantity: 2 }]);
});
