import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { Fault } from "../../core/metrika/simulator/faults.ts";
import type { UploadRecord } from "../../core/store/store.ts";
import { HOUR, MINUTE, SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { until } from "../setup/process.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 12);
// A run of the property is a whole gateway with days of its life.
setDefaultTimeout(60_000 + RUNS * 1000);

const sales = [sale(0), sale(1, { price: 700 }), sale(2, { price: null })];
const keepingFiles = { settings: { keepCsv: true } };

async function onlyUpload({ gateway }: TestGateway): Promise<UploadRecord> {
  const filter = { workspaceId: gateway.store.installation.workspaceId, counterId: null, state: null, before: null };
  const { rows } = await gateway.store.uploads.list({ ...filter, limit: 10 });
  expect(rows).toHaveLength(1);
  return rows[0] as UploadRecord;
}

/** What was asked of Metrika about files. */
const asked = ({ simulator }: TestGateway) => {
  const { upload = 0, list = 0 } = simulator.requests.byOperation;
  return { upload, list };
};

const lostAnswers: readonly (readonly [name: string, fault: Fault])[] = [
  ["the connection is cut", { kind: "store_then_reset" }],
  ["a gateway answers 502 for Metrika", { kind: "store_then_status", status: 502 }],
  ["the answer cannot be read", { kind: "wrong_json" }],
];

for (const [name, fault] of lostAnswers) {
  test(`a file that Metrika keeps although ${name} is found in its list and not sent again`, async () => {
    const rig = await startTestGateway();
    rig.simulator.faults.add({ match: { operation: "upload" }, fault });
    const webhook = await rig.createWebhook();
    const { body } = await rig.post(webhook, sales);
    await rig.work();
    expect(await onlyUpload(rig)).toMatchObject({ state: "uncertain", metrikaUploadId: null });
    expect((await rig.status(webhook, body.batch_id)).errors).toEqual([expect.stringContaining("was lost")]);

    rig.advance(15 * SECOND);
    await rig.work();
    expect(await onlyUpload(rig)).toMatchObject({ state: "sent", metrikaUploadId: rig.simulator.ledger.files[0]?.id });

    await rig.settle();
    expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 3, errors: null });
    expect(asked(rig)).toEqual({ upload: 1, list: 1 });
    expect(rig.simulator.ledger.rows).toBe(3);
  });
}

test("a file is looked up after Metrika has been silent for half a minute", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "store_then_hang" } });
  const webhook = await rig.createWebhook();
  await rig.post(webhook, sales);
  const working = rig.work();
  await until("Metrika keeps the file", () => rig.simulator.ledger.files.length === 1 || null);
  expect((await onlyUpload(rig)).state).toBe("sending");

  rig.advance(30 * SECOND);
  await working;
  expect(await onlyUpload(rig)).toMatchObject({ state: "uncertain", errorCode: "metrika_timed_out" });

  await rig.settle();
  expect(asked(rig)).toEqual({ upload: 1, list: 1 });
  expect((await onlyUpload(rig)).state).toBe("completed");
});

test("a file that never arrived is sent again only after half an hour and complete lists without it", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "reset_before_store" } });
  const webhook = await rig.createWebhook();
  await rig.post(webhook, sales);
  await rig.work();

  const readings: number[] = [];
  for (let second = 1; second < 1800; second++) {
    rig.advance(SECOND);
    await rig.work();
    if (asked(rig).list > readings.length) readings.push(second);
  }
  expect(readings).toEqual([15, 60, 300, 900]);
  expect(asked(rig).upload).toBe(1);

  rig.advance(SECOND);
  await rig.work();
  expect(asked(rig)).toEqual({ upload: 2, list: 5 });
  await rig.settle();
  expect(rig.simulator.ledger.files).toHaveLength(1);
  expect(rig.simulator.ledger.rows).toBe(3);
});

test("a file cut off halfway is looked for like one that was cut off at the end", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "reset_before_store", afterBytes: 100 } });
  await rig.post(await rig.createWebhook(), sales);
  await rig.work();
  expect((await onlyUpload(rig)).state).toBe("uncertain");
  await rig.settle();
  expect(rig.simulator.ledger.rows).toBe(3);
});

test("a file that Metrika lists only after it was sent again goes up with the same rows and seconds, and counts once", async () => {
  const rig = await startTestGateway(keepingFiles);
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  rig.simulator.faults.add({ fault: { kind: "late_list", ms: HOUR } });
  const webhook = await rig.createWebhook();
  const { body } = await rig.post(webhook, sales);
  await rig.settle();

  const [first, second, ...others] = rig.simulator.ledger.files;
  expect(others).toEqual([]);
  expect(second?.csv).toBe(first?.csv as string);
  expect(second?.comment).toBe(first?.comment as string);
  expect(rig.simulator.ledger).toMatchObject({ total: 3, rows: 6 });
  expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 3 });
});

test("a late list is waited for", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  rig.simulator.faults.add({ fault: { kind: "late_list", ms: 10 * MINUTE } });
  await rig.post(await rig.createWebhook(), sales);
  for (let second = 0; second < 900; second += 15) {
    await rig.work();
    expect((await onlyUpload(rig)).metrikaUploadId).toBeNull();
    rig.advance(15 * SECOND);
  }
  await rig.settle();
  expect(asked(rig)).toEqual({ upload: 1, list: 4 });
  expect(rig.simulator.ledger.rows).toBe(3);
});

test("lists that fail prove nothing: three that succeed are read before a file is sent again", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "reset_before_store" } });
  const failing = rig.simulator.faults.add({
    match: { operation: "list" },
    times: "always",
    fault: { kind: "status", status: 503 },
  });
  const webhook = await rig.createWebhook();
  await rig.post(webhook, sales);
  for (let minute = 0; minute < 90; minute++) {
    await rig.work();
    rig.advance(MINUTE);
  }
  expect(asked(rig).upload).toBe(1);
  const refused = asked(rig).list;

  failing.remove();
  await rig.settle();
  expect(asked(rig)).toEqual({ upload: 2, list: refused + 3 });
  expect(rig.simulator.ledger.rows).toBe(3);
});

test("while lists fail they are asked for less and less often", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  rig.simulator.faults.add({
    match: { operation: "list" },
    times: "always",
    fault: { kind: "status", status: 503 },
  });
  await rig.post(await rig.createWebhook(), sales);
  const readings: number[] = [];
  for (let second = 0; second < 6 * 3600; second += 30) {
    const before = asked(rig).list;
    await rig.work();
    if (asked(rig).list > before) readings.push(second);
    rig.advance(30 * SECOND);
  }
  // Six hours of an outage must not use up the day's quota of 5000 requests.
  expect(readings.length).toBeLessThan(40);
  const waits = readings.slice(1).map((second, i) => second - (readings[i] as number));
  expect(waits.at(-1)).toBeGreaterThan(10 * 60);
  rig.simulator.faults.clear();
  await rig.settle();
  expect(asked(rig).upload).toBe(1);
});

test("a file is found in any order of the list", async () => {
  const rig = await startTestGateway({ settings: { listOrder: "shuffle" } });
  const webhook = await rig.createWebhook();
  const earlier = Array.from({ length: 30 }, (_, n) => sale(n % 6, { date_time: `2026-11-22T10:${10 + n}:00Z` }));
  for (const conversion of earlier) {
    await rig.post(webhook, [conversion]);
    rig.advance(6 * MINUTE);
    await rig.work();
  }
  const before = rig.simulator.ledger.files.length;
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  await rig.post(webhook, [sale(0)]);
  await rig.settle();
  expect(rig.simulator.ledger.files).toHaveLength(before + 1);
  expect(rig.simulator.ledger.rows).toBe(31);
});

test("a file is found beyond the first ten thousand of the list", async () => {
  const strangers = Array.from({ length: 10_000 }, (_, n) => ({ id: n + 1, status: "PROCESSED", comment: `c${n}` }));
  const rig = await startTestGateway({
    network: (through) => (url, init) => {
      const at = new URL(url);
      if (!at.pathname.endsWith("/uploadings")) return through(url, init);
      const offset = Number(at.searchParams.get("offset"));
      if (offset < 10_000) return Promise.resolve(Response.json({ uploadings: strangers }));
      at.searchParams.set("offset", String(offset - 10_000));
      return through(at.href, init);
    },
  });
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  await rig.post(await rig.createWebhook(), sales);
  await rig.settle();
  expect(asked(rig).upload).toBe(1);
  expect((await onlyUpload(rig)).state).toBe("completed");
});

const anyFault: fc.Arbitrary<Fault> = fc.constantFrom(
  { kind: "store_then_reset" },
  { kind: "reset_before_store" },
  { kind: "store_then_status", status: 502 },
  { kind: "status", status: 500 },
  { kind: "status", status: 429, retryAfter: 30 },
  { kind: "wrong_json" },
  { kind: "unreachable" },
  { kind: "late_list", ms: 20 * MINUTE },
);

test("for every run of faults, each conversion is counted once and reaches its end", async () => {
  const faults = fc.array(fc.record({ operation: fc.constantFrom("upload", "list", "get"), fault: anyFault }), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(faults, async (waiting) => {
      const rig = await startTestGateway();
      const webhook = await rig.createWebhook();
      for (const { operation, fault } of waiting) rig.simulator.faults.add({ match: { operation }, fault });
      const { body } = await rig.post(webhook, sales);
      await rig.settle();
      expect(rig.simulator.ledger.total).toBe(3);
      expect(rig.simulator.ledger.conversions().map(({ outcome }) => outcome)).toEqual(["linked", "linked", "linked"]);
      expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 3, linked: 3 });
    }),
    { numRuns: RUNS },
  );
});
