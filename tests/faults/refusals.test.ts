import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { Fault } from "../../core/metrika/simulator/faults.ts";
import type { UploadRecord } from "../../core/store/store.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { HOUR, MINUTE, SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { seeded } from "../setup/seeded.ts";

const FIRST_WAIT = 10 * SECOND;
const uploadFault = (fault: Fault, times: number | "always" = 1) =>
  ({ match: { operation: "upload" }, times, fault }) as const;

async function uploadsOf({ gateway }: TestGateway): Promise<readonly UploadRecord[]> {
  const { workspaceId } = gateway.store.installation;
  const all = { workspaceId, counterId: null, state: null, before: null, limit: 100 };
  return (await gateway.store.uploads.list(all)).rows;
}

const sends = ({ simulator }: TestGateway) => simulator.requests.byOperation.upload ?? 0;

/** What the gateway logged while the work ran, one object a line. */
async function loggedDuring(rig: TestGateway, work: () => Promise<void>): Promise<readonly Record<string, unknown>[]> {
  const lines: string[] = [];
  configureLogging({ level: "warning", format: "json", write: (line) => lines.push(line), clock: rig.clock.now });
  await work();
  configureLogging({ level: "fatal", write: () => {} });
  return lines.map((line) => JSON.parse(line));
}

/** Tries until the file is through; the waits between the tries, in milliseconds. */
async function waitsUntilSent(rig: TestGateway): Promise<readonly number[]> {
  const waits: number[] = [];
  for (;;) {
    await rig.work();
    const [upload] = await uploadsOf(rig);
    if (upload?.state !== "planned") return waits;
    const wait = upload.nextAttemptAt - rig.clock.now();
    const before = sends(rig);
    rig.advance(wait - 1);
    await rig.work();
    expect(sends(rig)).toBe(before);
    rig.advance(1);
    waits.push(wait);
  }
}

const throttles: readonly (readonly [name: string, fault: Fault])[] = [
  ["420 without a reason", { kind: "status", status: 420, body: "<html>420</html>" }],
  ["429 without a reason", { kind: "status", status: 429, body: "" }],
  ["quota_requests_by_ip", { kind: "status", status: 429, errorType: "quota_requests_by_ip" }],
  ["quota_parallel_requests", { kind: "status", status: 429, errorType: "quota_parallel_requests" }],
  ["a quota that is not documented", { kind: "status", status: 403, errorType: "quota_of_next_year" }],
  ["a host that refuses the connection", { kind: "unreachable" }],
];

for (const [name, fault] of throttles) {
  test(`after ${name} the file is tried again at waits that grow, and no row is lost`, async () => {
    const rig = await startTestGateway({ random: seeded(7) });
    rig.simulator.faults.add(uploadFault(fault, 6));
    const webhook = await rig.createWebhook();
    await rig.post(webhook, [sale(0), sale(1)]);

    const waits = await waitsUntilSent(rig);

    expect(waits).toHaveLength(6);
    const shares = waits.map((wait, i) => wait / (FIRST_WAIT * 2 ** i));
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    expect(new Set(shares.map((share) => share.toFixed(4))).size).toBe(6);
    await rig.settle();
    expect(rig.simulator.ledger).toMatchObject({ total: 2, rows: 2 });
  });
}

const unavailable = [500, 502, 503, 504] as const;
for (const status of unavailable) {
  test(`after ${status} the file is looked for before it is sent again, and no row is lost`, async () => {
    const rig = await startTestGateway();
    rig.simulator.faults.add(uploadFault({ kind: "status", status }));
    await rig.post(await rig.createWebhook(), [sale(0), sale(1)]);
    await rig.work();
    expect(await uploadsOf(rig)).toMatchObject([{ state: "uncertain" }]);
    rig.advance(29 * MINUTE);
    await rig.work();
    expect(sends(rig)).toBe(1);
    await rig.settle();
    expect(sends(rig)).toBe(2);
    expect(rig.simulator.ledger).toMatchObject({ total: 2, rows: 2 });
  });
}

for (const [name, code] of [
  ["a name that does not resolve", "ENOTFOUND"],
  ["a certificate that is not trusted", "DEPTH_ZERO_SELF_SIGNED_CERT"],
] as const) {
  test(`after ${name} the file is planned again without doubt`, async () => {
    let broken = true;
    const rig = await startTestGateway({
      network: (through) => (url, init) =>
        broken ? Promise.reject(Object.assign(new TypeError("fetch failed"), { code })) : through(url, init),
    });
    broken = false;
    const webhook = await rig.createWebhook();
    broken = true;
    await rig.post(webhook, [sale(0)]);
    await rig.work();
    expect(await uploadsOf(rig)).toMatchObject([{ state: "planned", errorCode: "metrika_unreachable" }]);
    broken = false;
    await rig.settle();
    expect(rig.simulator.ledger).toMatchObject({ total: 1, rows: 1 });
  });
}

for (const [name, scheme] of [
  ["a port on which nobody listens", "http"],
  ["a server that does not speak TLS", "https"],
] as const) {
  test(`${name} is no reason to doubt: the file is planned again`, async () => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("plain HTTP") });
    const { port } = server;
    if (scheme === "http") await server.stop(true);
    let isBroken = false;
    const rig = await startTestGateway({
      network: (through) => (url, init) =>
        isBroken ? fetch(`${scheme}://127.0.0.1:${port}${new URL(url).pathname}`, init) : through(url, init),
    });
    const webhook = await rig.createWebhook();
    await rig.post(webhook, [sale(0)]);

    isBroken = true;
    await rig.work();
    await server.stop(true);

    expect(await uploadsOf(rig)).toMatchObject([{ state: "planned", errorCode: "metrika_unreachable", attempts: 1 }]);
    isBroken = false;
    await rig.settle();
    expect(rig.simulator.ledger).toMatchObject({ total: 1, rows: 1 });
  });
}

for (const [name, retryAfter] of [
  ["in seconds", 900],
  ["as a date", "Mon, 23 Nov 2026 12:15:00 GMT"],
] as const) {
  test(`the wait that Metrika asks for ${name} is obeyed to the second`, async () => {
    const rig = await startTestGateway();
    rig.simulator.faults.add(uploadFault({ kind: "status", status: 429, retryAfter }));
    await rig.post(await rig.createWebhook(), [sale(0)]);
    expect(await waitsUntilSent(rig)).toEqual([900 * SECOND]);
  });
}

test("a broken Metrika that names a time is not asked for its list before that", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add(uploadFault({ kind: "status", status: 503, retryAfter: 600 }));
  await rig.post(await rig.createWebhook(), [sale(0)]);
  await rig.work();
  rig.advance(599 * SECOND);
  await rig.work();
  expect(rig.simulator.requests.byOperation.list).toBeUndefined();
  rig.advance(SECOND);
  await rig.work();
  expect(rig.simulator.requests.byOperation.list).toBe(1);
});

for (const quota of ["quota_requests_by_uid", "quota_requests_by_counter_id"]) {
  test(`after ${quota} sending rests until midnight in Greenwich`, async () => {
    const rig = await startTestGateway();
    rig.simulator.faults.add(uploadFault({ kind: "status", status: 429, errorType: quota }));
    const webhook = await rig.createWebhook();
    const { body } = await rig.post(webhook, [sale(0)]);
    await rig.work();
    expect((await rig.status(webhook, body.batch_id)).errors).toEqual([expect.stringContaining("00:00 GMT")]);

    const midnight = Date.parse("2026-11-24T00:00:00Z") - rig.clock.now();
    rig.advance(midnight - SECOND);
    await rig.post(webhook, [sale(1)]);
    await rig.work();
    expect(sends(rig)).toBe(1);
    rig.advance(MINUTE + SECOND);
    await rig.work();
    expect(sends(rig)).toBeGreaterThan(1);
    await rig.settle();
    expect(rig.simulator.ledger).toMatchObject({ total: 2, rows: 2 });
  });
}

for (const [name, fault, reason] of [
  ["401", { kind: "status", status: 401 }, "unauthorized"],
  ["403 invalid_token", { kind: "token_dead" }, "unauthorized"],
  ["403 access_denied", { kind: "status", status: 403, errorType: "access_denied" }, "forbidden"],
] as const) {
  test(`${name} pauses the token, is told once, keeps the rows, and a new token frees them`, async () => {
    const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" } });
    const webhook = await rig.createWebhook();
    rig.simulator.faults.add({ match: { token: demo.token, path: /management/ }, times: "always", fault });
    // Two currencies are two files, which meet the refusal at the same time.
    await rig.post(webhook, [sale(0), sale(1, { currency: "USD" }), sale(2, { currency: "EUR" })]);

    const logged = await loggedDuring(rig, async () => {
      for (let hour = 0; hour < 48; hour++) {
        await rig.work();
        rig.advance(HOUR);
      }
    });

    const told = logged.filter(({ message }) => /rests until|was left out/.test(String(message)));
    expect(told).toHaveLength(1);
    expect(told[0]?.properties).toMatchObject({ reason });
    // Asked rarely: about every six hours once the waits have grown, not with every tick.
    expect(sends(rig)).toBeLessThan(40);
    expect((await rig.manage("GET", `/v1/webhooks/${webhook.id}`)).body.sending).toMatchObject({ reason });
    expect(rig.simulator.ledger.total).toBe(0);

    rig.simulator.addToken("y0_fresh", { login: demo.login });
    expect((await rig.manage("PATCH", `/v1/webhooks/${webhook.id}`, { token: "y0_fresh" })).status).toBe(200);
    await rig.work();
    expect(rig.simulator.ledger).toMatchObject({ total: 3, rows: 3 });
    await rig.settle();
    expect((await uploadsOf(rig)).map(({ state }) => state)).toEqual(["completed", "completed", "completed"]);
  });
}

test("a refusal of the old token that comes after the new one was set does not pause the new one", async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let reached = () => {};
  const isUnderWay = new Promise<void>((resolve) => {
    reached = resolve;
  });
  let holding = false;
  const rig = await startTestGateway({
    network: (through) => async (url, init) => {
      if (holding && url.includes("/upload?")) {
        holding = false;
        reached();
        await held;
      }
      return through(url, init);
    },
  });
  const webhook = await rig.createWebhook();
  rig.simulator.faults.add({
    match: { operation: "upload", token: demo.token },
    times: "always",
    fault: { kind: "token_dead" },
  });
  await rig.post(webhook, [sale(0)]);
  holding = true;
  const working = rig.work();
  await isUnderWay;

  rig.simulator.addToken("y0_fresh", { login: demo.login });
  await rig.manage("PATCH", `/v1/webhooks/${webhook.id}`, { token: "y0_fresh" });
  letGo();
  await working;
  await rig.work();

  expect(rig.simulator.ledger.total).toBe(1);
  expect((await rig.manage("GET", `/v1/webhooks/${webhook.id}`)).body.sending).toEqual({
    paused_until: null,
    reason: null,
  });
});

test("goals that could not be read for a while judge rows again once Metrika tells them", async () => {
  const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" } });
  const webhook = await rig.createWebhook();
  const goals = { operation: "goals" } as const;
  rig.simulator.faults.add({ match: goals, times: 9, fault: { kind: "status", status: 500 } });
  await rig.post(webhook, [sale(0, { target: "unknown_goal" })]);
  for (let minute = 0; minute < 180; minute += 5) {
    await rig.work();
    rig.advance(5 * MINUTE);
  }
  expect(rig.simulator.ledger.total).toBe(1);

  rig.advance(2 * HOUR);
  const later = await rig.post(webhook, [sale(1, { target: "another_unknown" })]);
  await rig.work();
  rig.advance(HOUR);
  await rig.work();

  expect(rig.simulator.ledger.total).toBe(1);
  expect((await rig.status(webhook, later.body.batch_id)).set_aside).toMatchObject([{ reason: "waiting_goal" }]);
});

test("while Metrika is out of reach nothing is sent unjudged: once it is back a misspelt target waits for its goal", async () => {
  const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" } });
  const webhook = await rig.createWebhook();
  const outage = rig.simulator.faults.add({ times: "always", fault: { kind: "unreachable" } });
  const { body } = await rig.post(webhook, [sale(0, { target: "unknown_goal" }), sale(1)]);
  for (let hour = 0; hour < 24; hour++) {
    await rig.work();
    rig.advance(HOUR);
  }
  outage.remove();
  await rig.settle();
  const status = await rig.status(webhook, body.batch_id);
  expect(status).toMatchObject({ processed: 1, set_aside: [{ target: "unknown_goal", reason: "waiting_goal" }] });
  expect(rig.simulator.ledger.rows).toBe(1);
});

test("goals are not asked for again before the time that Metrika named", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const asked = () => rig.simulator.requests.byOperation.goals ?? 0;
  const before = asked();
  const byIp = { kind: "status", status: 429, errorType: "quota_requests_by_ip", retryAfter: 600 } as const;
  rig.simulator.faults.add({ match: { operation: "goals" }, fault: byIp });
  await rig.post(webhook, [sale(0, { target: "unknown_goal" })]);
  await rig.work();
  rig.advance(599 * SECOND);
  await rig.work();
  expect(asked()).toBe(before + 1);
  rig.advance(SECOND);
  await rig.work();
  expect(asked()).toBe(before + 2);
});

test("one webhook's dead token leaves another webhook's files alone", async () => {
  const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" } });
  rig.simulator.addToken("y0_other", { login: demo.login });
  const dead = await rig.createWebhook();
  const healthy = await rig.createWebhook({ token: "y0_other" });
  rig.simulator.killToken(demo.token);
  await rig.post(dead, [sale(0)]);
  await rig.post(healthy, [sale(1)]);
  await rig.work();
  expect(rig.simulator.ledger.conversions().map(({ identifier }) => identifier)).toEqual([String(sale(1).client_id)]);
});
