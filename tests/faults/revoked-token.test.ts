import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { HOUR, MINUTE, sale, startTestGateway } from "../setup/gateway.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { uploadsOf } from "../setup/uploads.ts";

test("a token revoked while files stand in every state, and rows and a restart come after, costs one alert and no row", async () => {
  const rig = await startTestGateway();
  const { simulator } = rig;
  const webhook = await rig.createWebhook();
  const told: object[] = [];
  const batches: string[] = [];
  const post = async (conversion: object) => {
    const { status, body } = await rig.post(webhook, [conversion]);
    expect(status).toBe(202);
    told.push(conversion);
    batches.push(body.batch_id);
    await rig.work();
  };
  const gather = async () => {
    rig.advance(5 * MINUTE);
    await rig.work();
  };
  await post(sale(0));
  await post(sale(1, { currency: "USD" }));
  simulator.faults.add({ fault: { kind: "store_then_reset" } });
  await gather();
  await post(sale(2, { currency: "EUR" }));
  expect((await uploadsOf(rig)).map(({ state }) => state)).toEqual(["sent", "uncertain", "filling"]);

  const lines: string[] = [];
  configureLogging({ level: "warning", format: "json", write: (line) => lines.push(line), clock: rig.clock.now });
  simulator.killToken(demo.token);
  for (let hour = 0; hour < 48; hour++) {
    const minutes = String(hour).padStart(2, "0");
    // A known goal, and one that cannot even be looked for.
    if (hour % 6 === 0) await post(sale(3, { date_time: `2026-11-22T10:${minutes}:00Z` }));
    if (hour % 12 === 0) await post(sale(4, { target: "callback", date_time: `2026-11-22T11:${minutes}:00Z` }));
    if (hour === 24) await rig.restart();
    rig.advance(HOUR);
    await rig.work();
  }
  configureLogging({ level: "fatal", write: () => {} });
  expect(lines.filter((line) => line.includes("rests until"))).toHaveLength(1);
  expect(simulator.ledger.total).toBe(2);

  simulator.addGoal(demo.counterId, "callback");
  simulator.addToken("y0_fresh", { login: demo.login });
  const { body } = await rig.manage("PATCH", `/v1/webhooks/${webhook.id}`, { token: "y0_fresh" });
  expect(body.sending).toEqual({ paused_until: null, reason: null });
  await rig.settle();

  expect(differenceOf(simulator, told)).toEqual(whole);
  expect(simulator.ledger.rows).toBe(told.length);
  for (const batch of batches) {
    expect(await rig.status(webhook, batch)).toMatchObject({ status: "completed", processed: 1 });
  }
});
