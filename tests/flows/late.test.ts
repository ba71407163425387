import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { configureLogging } from "../../gateway/logging.ts";
import { DAY, HOUR, MINUTE, SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

/** The lines that the log gets from now on and that hold this text. */
function logged(text: string): () => readonly string[] {
  const lines: string[] = [];
  configureLogging({ level: "warning", format: "json", write: (line) => void lines.push(line) });
  return () => lines.filter((line) => line.includes(text));
}

async function passTime({ advance, work }: TestGateway, ms: number, step = 6 * HOUR): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    advance(step);
    await work();
  }
}

const uploads = async ({ manage }: TestGateway) => (await manage("GET", "/v1/uploads")).body.data;

test("a file that Metrika's outage of 22 days has made late is told, and sent all the same", async () => {
  const lateLines = logged("is late");
  const rig = await startTestGateway();
  const outage = rig.simulator.faults.add({
    match: { operation: "upload" },
    times: "always",
    fault: { kind: "unreachable" },
  });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0), sale(1)]);
  await rig.work();
  await passTime(rig, 21 * DAY - 6 * HOUR);
  expect(await uploads(rig)).toMatchObject([
    {
      state: "planned",
      target: "purchase",
      identifier: "client_id",
      deadline: "2026-12-14T10:00:00.000Z",
      late_at: null,
    },
  ]);
  expect(await rig.rows(body.batch_id)).toMatchObject([{ late: false }, { late: false }]);
  expect(lateLines()).toEqual([]);

  await passTime(rig, DAY + 6 * HOUR);
  expect(await uploads(rig)).toMatchObject([{ state: "planned", late_at: "2026-12-14T12:00:00.000Z" }]);
  const told = await rig.status(webhook, body.batch_id);
  expect(told.errors).toEqual([
    "The file (rows: 2) is not at Metrika yet, though 21 days have passed since the earliest of its conversions that came in time: Metrika may not link such rows. It will be sent all the same.",
    expect.stringContaining("is not sent yet"),
  ]);
  expect(told.uploads).toMatchObject([{ late_at: "2026-12-14T12:00:00.000Z", target: "purchase" }]);
  expect(await rig.rows(body.batch_id)).toMatchObject([
    { status: "pending", detail: "queued", late: true },
    { status: "pending", detail: "queued", late: true },
  ]);
  expect(lateLines()).toHaveLength(1);

  outage.remove();
  await rig.settle();
  expect(rig.simulator.ledger.rows).toBe(2);
  const [sent] = await uploads(rig);
  expect(sent).toMatchObject({ state: "completed", late_at: "2026-12-14T12:00:00.000Z" });
  expect((await rig.rows(body.batch_id)).map(({ late }) => late)).toEqual([false, false]);
  expect((await rig.status(webhook, body.batch_id)).errors ?? []).not.toContainEqual(
    expect.stringContaining("not at Metrika yet"),
  );
});

test("a gateway that was switched off beyond the deadline flags its files when it starts", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ match: { operation: "upload" }, times: "always", fault: { kind: "unreachable" } });
  await rig.post(await rig.createWebhook(), [sale(0)]);
  await rig.work();
  rig.advance(21 * DAY);
  await rig.restart();
  await rig.work();
  expect(await uploads(rig)).toMatchObject([{ late_at: "2026-12-14T12:00:00.000Z" }]);
});

test("a file that waits for a person beyond its deadline is late as well", async () => {
  const heldLines = logged("waits for a person");
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "reset_before_store" } });
  const webhook = await rig.createWebhook({ uncertain_policy: "hold" });
  const { body } = await rig.post(webhook, [sale(0)]);
  await rig.work();
  await passTime(rig, 21 * DAY);
  expect(await uploads(rig)).toMatchObject([
    { state: "uncertain", error_code: "held_for_person", late_at: "2026-12-14T12:00:00.000Z" },
  ]);
  expect((await rig.status(webhook, body.batch_id)).errors).toHaveLength(2);
  expect(await rig.rows(body.batch_id)).toMatchObject([{ detail: "held", late: true }]);
  expect(heldLines()).toHaveLength(1);
});

test("a list of Metrika that stays unreadable is told once in the log", async () => {
  const lines = logged("list_unreadable");
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  rig.simulator.faults.add({ match: { operation: "list" }, times: "always", fault: { kind: "unreachable" } });
  await rig.post(await rig.createWebhook(), [sale(0)]);
  await rig.work();
  await passTime(rig, 3 * DAY, HOUR);
  expect(lines()).toHaveLength(1);
});

test("rows that were too old from the beginning have no deadline", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ match: { operation: "upload" }, times: "always", fault: { kind: "unreachable" } });
  await rig.post(await rig.createWebhook(), [sale(0, { date_time: "2026-10-01T10:00:00Z" })]);
  await passTime(rig, 2 * HOUR, 30 * MINUTE);
  rig.advance(30 * SECOND);
  await rig.work();
  expect(await uploads(rig)).toMatchObject([{ deadline: null, late_at: null }]);
});
