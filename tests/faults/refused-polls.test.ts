import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { Fault } from "../../core/metrika/simulator/faults.ts";
import type { UploadRecord } from "../../core/store/store.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { HOUR, MINUTE, SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { seeded } from "../setup/seeded.ts";
import { uploadsOf } from "../setup/uploads.ts";

const FIRST_WAIT = 10 * SECOND;
const FAILURES = 6;
const sales = [sale(0), sale(1)];

async function onlyUpload(rig: TestGateway): Promise<UploadRecord> {
  const uploads = await uploadsOf(rig);
  expect(uploads).toHaveLength(1);
  return uploads[0] as UploadRecord;
}

/** How the network breaks for requests whose address fits, so many times. */
interface Breakage {
  readonly code: string;
  readonly path: RegExp;
  left: number;
}

function breaking(breakage: Breakage | null): Parameters<typeof startTestGateway>[0] {
  return {
    random: seeded(11),
    network: (through) => (url, init) => {
      if (breakage === null || breakage.left === 0 || !breakage.path.test(url)) return through(url, init);
      breakage.left--;
      return Promise.reject(Object.assign(new TypeError("fetch failed"), { code: breakage.code }));
    },
  };
}

/** The waits between one failure and the next, in milliseconds, until `isOver`. */
async function waits(rig: TestGateway, isOver: (upload: UploadRecord) => boolean): Promise<readonly number[]> {
  const found: number[] = [];
  for (;;) {
    await rig.work();
    const upload = await onlyUpload(rig);
    if (isOver(upload)) return found;
    const wait = upload.nextAttemptAt - rig.clock.now();
    expect(wait).toBeGreaterThan(0);
    found.push(wait);
    rig.advance(wait);
  }
}

/** Doubled each time and shortened by chance, never by more than half. */
function expectGrowth(found: readonly number[]): void {
  const shares = found.map((wait, i) => wait / (FIRST_WAIT * 2 ** i));
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
  expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  expect(new Set(shares.map((share) => share.toFixed(4))).size).toBe(found.length);
}

const answers: readonly (readonly [name: string, fault: Fault | string])[] = [
  ...([420, 429, 500, 502, 503, 504] as const).map(
    (status) => [`${status}`, { kind: "status", status, body: "<html></html>" }] as const,
  ),
  ["a refused connection", { kind: "unreachable" }],
  ["a connection that is cut", { kind: "reset_before_store" }],
  ["a name that does not resolve", "ENOTFOUND"],
  ["a certificate that has expired", "CERT_HAS_EXPIRED"],
];

for (const [name, fault] of answers) {
  test(`while questions about a file meet ${name} they are asked at waits that grow, and no row is given up`, async () => {
    const breakage = typeof fault === "string" ? { code: fault, path: /\/uploading\//, left: FAILURES } : null;
    const rig = await startTestGateway(breaking(breakage));
    const webhook = await rig.createWebhook();
    if (typeof fault !== "string") rig.simulator.faults.add({ match: { operation: "get" }, times: FAILURES, fault });
    const { body } = await rig.post(webhook, sales);
    await rig.work();
    expect(await onlyUpload(rig)).toMatchObject({ state: "sent" });
    rig.advance(HOUR);

    const found = await waits(rig, ({ metrikaStatus }) => metrikaStatus !== "UPLOADED");

    expect(found).toHaveLength(FAILURES);
    expectGrowth(found);
    await rig.settle();
    expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 2, errors: null });
    expect(differenceOf(rig.simulator, sales)).toEqual(whole);
    expect(rig.simulator.requests.byOperation.upload).toBe(1);
  });
}

for (const code of ["ENOTFOUND", "CERT_HAS_EXPIRED"]) {
  test(`an upload that meets ${code} again and again is tried at waits that grow, and goes up once`, async () => {
    const rig = await startTestGateway(breaking({ code, path: /\/upload\?/, left: FAILURES }));
    await rig.post(await rig.createWebhook(), sales);
    const found = await waits(rig, ({ state }) => state === "sent");
    expect(found).toHaveLength(FAILURES);
    expectGrowth(found);
    expect(rig.simulator.ledger.rows).toBe(2);
  });
}

test("an upload that is answered 500 again and again is tried each half an hour, between complete lists without it", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ match: { operation: "upload" }, times: 4, fault: { kind: "status", status: 500 } });
  await rig.post(await rig.createWebhook(), sales);
  const tries: number[] = [];
  for (let minute = 0; tries.length < 5; minute++) {
    await rig.work();
    const { upload = 0 } = rig.simulator.requests.byOperation;
    if (upload > tries.length) tries.push(minute);
    rig.advance(MINUTE);
  }
  const between = tries.slice(1).map((minute, i) => minute - (tries[i] as number));
  expect(Math.min(...between)).toBeGreaterThanOrEqual(30);
  await rig.settle();
  expect(rig.simulator.ledger).toMatchObject({ total: 2, rows: 2 });
});

test("the time that Metrika names is obeyed by questions about a file as well", async () => {
  const rig = await startTestGateway();
  await rig.post(await rig.createWebhook(), sales);
  await rig.work();
  const busy = { kind: "status", status: 429, retryAfter: 900 } as const;
  rig.simulator.faults.add({ match: { operation: "get" }, fault: busy });
  rig.advance(HOUR);
  expect(await waits(rig, ({ metrikaStatus }) => metrikaStatus !== "UPLOADED")).toEqual([900 * SECOND]);
});

test("a token that dies while files are being processed is told once, and the new one learns their end", async () => {
  const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" } });
  const webhook = await rig.createWebhook();
  const inEuros = sale(1, { currency: "EUR" });
  const { body } = await rig.post(webhook, [sale(0), inEuros]);
  await rig.work();
  expect(rig.simulator.ledger.total).toBe(2);
  const lines: string[] = [];
  configureLogging({ level: "warning", format: "json", write: (line) => lines.push(line), clock: rig.clock.now });
  rig.simulator.killToken(demo.token);
  for (let hour = 0; hour < 48; hour++) {
    rig.advance(HOUR);
    await rig.work();
  }
  configureLogging({ level: "fatal", write: () => {} });
  expect(lines.filter((line) => line.includes("rests until"))).toHaveLength(1);
  // Asked rarely: about each six hours once the waits have grown.
  expect(rig.simulator.requests.byOperation.get ?? 0).toBeLessThan(40);

  rig.simulator.addToken("y0_fresh", { login: demo.login });
  await rig.manage("PATCH", `/v1/webhooks/${webhook.id}`, { token: "y0_fresh" });
  await rig.work();
  expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 2 });
  expect(differenceOf(rig.simulator, [sale(0), inEuros])).toEqual(whole);
  expect(rig.simulator.ledger.rows).toBe(2);
});
