import { expect, test } from "bun:test";
import { configureLogging } from "../../gateway/logging.ts";
import { HOUR, MINUTE, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

const script = [
  { status: "PREPARED", afterMs: 0 },
  { status: "UPLOADED", afterMs: 20 * MINUTE },
  { status: "EXPORTED", afterMs: 40 * MINUTE },
  { status: "MATCHED", afterMs: 60 * MINUTE },
  { status: "PROCESSED", afterMs: 80 * MINUTE },
];

/** Posts, then notes each change that a reader of the status sees. */
async function walk(rig: TestGateway, conversions: readonly unknown[], hours: number) {
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, conversions);
  const seen: string[] = [];
  for (let minute = 0; minute <= hours * 60; minute += 5) {
    await rig.work();
    const { status, uploads } = await rig.status(webhook, body.batch_id);
    const now = `${status} ${uploads[0]?.metrika_status}`;
    if (seen.at(-1) !== now) seen.push(now);
    rig.advance(5 * MINUTE);
  }
  return { seen, end: await rig.status(webhook, body.batch_id) };
}

test("a file is followed through every status to its end", async () => {
  const rig = await startTestGateway({ settings: { statusScript: script } });
  const { seen, end } = await walk(rig, [sale(0), sale(1)], 2);
  expect(seen).toEqual([
    "uploaded PREPARED",
    "uploaded UPLOADED",
    "processing EXPORTED",
    "processing MATCHED",
    "completed PROCESSED",
  ]);
  expect(end).toMatchObject({ total: 2, processed: 2, linked: 2, errors: null, linkage: "exact" });
  expect(end.uploads).toMatchObject([{ source_quantity: 2, line_quantity: 2, linked_quantity: 2 }]);
});

test("the numbers of a file say how many rows met no visitor, and no row is called linked that may not be", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0), sale(0, { client_id: "1999999999999999999" })]);
  await rig.settle();
  const status = await rig.status(webhook, body.batch_id);
  expect(status).toMatchObject({ status: "completed", processed: 2, linked: 1, user_not_found: 1 });
  expect(status.errors?.join(" ")).toContain("linked 1 of its 2 rows");
  expect((await rig.rows(body.batch_id)).map(({ detail }) => detail)).toEqual(["linked_n_of_m", "linked_n_of_m"]);
});

test("a file of which Metrika links nothing ends its batch in error", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0, { client_id: "1999999999999999999" })]);
  await rig.settle();
  const status = await rig.status(webhook, body.batch_id);
  expect(status).toMatchObject({ status: "error", linked: 0, uploads: [{ metrika_status: "LINKAGE_FAILURE" }] });
  expect(status.errors).toEqual([expect.stringContaining("found no visit for any")]);
  expect((await rig.rows(body.batch_id)).map(({ detail }) => detail)).toEqual(["not_linked"]);
});

test("a status that nobody documented is watched on, and a warning is logged once", async () => {
  const lines: string[] = [];
  const walkOn = [
    { status: "UPLOADED", afterMs: 0 },
    { status: "REPROCESSING", afterMs: 30 * MINUTE },
    { status: "PROCESSED", afterMs: 5 * HOUR },
  ];
  const rig = await startTestGateway({ settings: { statusScript: walkOn } });
  configureLogging({ level: "warning", format: "json", write: (line) => lines.push(line), clock: rig.clock.now });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0)]);
  await rig.work();
  for (let hour = 0; hour < 4; hour++) {
    rig.advance(HOUR);
    await rig.work();
  }
  const waiting = await rig.status(webhook, body.batch_id);
  expect(waiting).toMatchObject({ status: "processing", uploads: [{ metrika_status: "REPROCESSING" }] });
  expect(waiting.errors).toEqual([expect.stringContaining("REPROCESSING")]);
  expect(lines.filter((line) => line.includes("metrika_unknown_status"))).toHaveLength(1);

  await rig.settle();
  configureLogging({ level: "fatal", write: () => {} });
  expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", errors: null });
});

test("a file that Metrika works on for more than a day is told and watched on", async () => {
  const slow = [
    { status: "UPLOADED", afterMs: 0 },
    { status: "PROCESSED", afterMs: 26 * HOUR },
  ];
  const rig = await startTestGateway({ settings: { statusScript: slow } });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0)]);
  await rig.work();
  rig.advance(23 * HOUR);
  await rig.work();
  expect((await rig.status(webhook, body.batch_id)).errors).toBeNull();
  rig.advance(2 * HOUR);
  await rig.work();
  expect((await rig.status(webhook, body.batch_id)).errors).toEqual([expect.stringContaining("more than a day")]);
  await rig.settle();
  expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", errors: null });
});

test("rows that Metrika refuses are counted, and its words are not stretched to single rows", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "refuse_rows", every: 3 } });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0), sale(1), sale(2)]);
  await rig.settle();
  const status = await rig.status(webhook, body.batch_id);
  expect(status).toMatchObject({ status: "completed", total: 3, processed: 2, linked: 2 });
  expect(status.uploads).toMatchObject([{ source_quantity: 3, line_quantity: 2 }]);
  expect(status.errors?.join(" ")).toContain("did not take 1 of the 3 rows");
});

test("a file of which Metrika takes no row has failed, and the rows can be told again", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "refuse_rows", every: 1 } });
  const webhook = await rig.createWebhook();
  const first = await rig.post(webhook, [sale(0), sale(1)]);
  await rig.settle();
  const status = await rig.status(webhook, first.body.batch_id);
  expect(status).toMatchObject({ status: "error", processed: 0, uploads: [{ state: "failed", line_quantity: 0 }] });
  expect(status.errors).toEqual([expect.stringContaining("took no row of the file")]);

  const again = await rig.post(webhook, [sale(0), sale(1)]);
  expect(again.body).toMatchObject({ accepted_count: 2, duplicate_count: 0 });
  await rig.settle();
  expect(await rig.status(webhook, again.body.batch_id)).toMatchObject({ status: "completed", linked: 2 });
  expect(rig.simulator.ledger.total).toBe(2);
});

test("a file that Metrika answers with 400 has failed with Metrika's own words", async () => {
  const rig = await startTestGateway();
  const refusal = { kind: "status", status: 400, errorType: "invalid_uploading", message: "Wrong column" } as const;
  rig.simulator.faults.add({ match: { operation: "upload" }, fault: refusal });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0)]);
  await rig.settle();
  const status = await rig.status(webhook, body.batch_id);
  expect(status).toMatchObject({ status: "error", processed: 0 });
  expect(status.errors).toEqual([expect.stringContaining("Wrong column")]);
});

/** The warnings that the gateway logged while the work ran. */
async function warningsDuring(rig: TestGateway, work: () => Promise<void>): Promise<readonly string[]> {
  const lines: string[] = [];
  configureLogging({ level: "warning", format: "json", write: (line) => lines.push(line), clock: rig.clock.now });
  await work();
  configureLogging({ level: "fatal", write: () => {} });
  return lines;
}

test("a file whose status never changes is warned of once, and asked about for as long as it takes", async () => {
  const rig = await startTestGateway({ settings: { statusScript: [{ status: "UPLOADED", afterMs: 0 }] } });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0)]);
  const lines = await warningsDuring(rig, async () => {
    for (let hour = 0; hour < 72; hour++) {
      await rig.work();
      rig.advance(HOUR);
    }
  });
  expect(lines.filter((line) => line.includes("metrika_stuck"))).toHaveLength(1);
  const asked = rig.simulator.requests.byOperation.get ?? 0;
  expect(asked).toBeGreaterThanOrEqual(70);
  expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "uploaded", processed: 0 });
  expect(rig.simulator.requests.byOperation.upload).toBe(1);
});

test("a file that Metrika no longer knows is warned of once, watched on, and never sent again by guess", async () => {
  let isForgotten = false;
  const rig = await startTestGateway({
    network: (through) => (url, init) => {
      const unknown = {
        errors: [{ error_type: "invalid_parameter", message: "Unknown" }],
        code: 400,
        message: "Unknown",
      };
      if (isForgotten && url.includes("/uploading/")) return Promise.resolve(Response.json(unknown, { status: 400 }));
      return through(url, init);
    },
  });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, [sale(0)]);
  await rig.work();
  isForgotten = true;
  const lines = await warningsDuring(rig, async () => {
    for (let hour = 0; hour < 48; hour++) {
      rig.advance(HOUR);
      await rig.work();
    }
  });
  expect(lines.filter((line) => line.includes("metrika_lost_sight"))).toHaveLength(1);
  expect((await rig.status(webhook, body.batch_id)).errors).not.toBeNull();
  isForgotten = false;
  await rig.settle();
  expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1, errors: null });
  expect(rig.simulator.requests.byOperation.upload).toBe(1);
});
