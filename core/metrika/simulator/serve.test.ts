import { afterAll, beforeAll, expect, test } from "bun:test";
import { createMetrikaClient, type MetrikaClient } from "../client.ts";
import { createYandexOauth } from "../oauth.ts";
import { newPkce } from "../pkce.ts";
import { demo, demoVisitors, exampleVisitor, seedDemo } from "./demo-data.ts";
import type { ServedSimulator } from "./serve.ts";
import { createMetrikaSimulator } from "./simulator.ts";

const simulator = createMetrikaSimulator();
const call = { token: demo.token, counterId: demo.counterId };
let served: ServedSimulator;
let client: MetrikaClient;

beforeAll(async () => {
  served = await simulator.serve();
  client = createMetrikaClient({ apiUrl: served.url, loginUrl: served.url, fetch });
});
afterAll(() => served.stop());

async function control(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await fetch(`${served.url}/_simulator/${path}`, init);
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

function upload(csv: string) {
  const bytes = new TextEncoder().encode(csv);
  return client.uploadings.upload({
    ...call,
    comment: "c1",
    file: { size: bytes.length, chunks: () => new Blob([bytes]).stream() },
  });
}

function fresh(): void {
  simulator.reset();
  seedDemo(simulator);
}

const second = () => Math.floor(simulator.now() / 1000) - 60;

test("a cut connection is really cut, before the file is stored and after", async () => {
  fresh();
  const csv = `ClientId,Target,DateTime\n1,purchase,${second()}\n`;
  for (const [fault, stored] of [
    [{ kind: "unreachable" }, 0],
    [{ kind: "reset_before_store" }, 0],
    [{ kind: "reset_before_store", afterBytes: 1 }, 0],
    [{ kind: "store_then_reset" }, 1],
  ] as const) {
    simulator.faults.add({ fault });
    await expect(upload(csv)).rejects.toMatchObject({ kind: "unreachable", cause: { code: "ECONNRESET" } });
    expect(simulator.ledger.total).toBe(stored);
  }
  expect(await upload(csv)).toMatchObject({ lineQuantity: 1 });
});

test("a hanging answer is ended by the client's signal or by its timeout, and the simulator notices", async () => {
  fresh();
  const bytes = new TextEncoder().encode(`ClientId,Target,DateTime\n1,purchase,${second()}\n`);
  const file = { size: bytes.length, chunks: () => new Blob([bytes]).stream() };
  simulator.faults.add({ times: 2, fault: { kind: "store_then_hang" } });
  const hasty = createMetrikaClient({ apiUrl: served.url, loginUrl: served.url, fetch, timeoutMs: 50 });
  const silent = hasty.uploadings.upload({ ...call, comment: "c1", file });
  await expect(silent).rejects.toMatchObject({
    code: "metrika_timed_out",
    kind: "unreachable",
    bodyMayHaveArrived: true,
  });
  const caller = new AbortController();
  const givenUp = client.uploadings.upload({ ...call, comment: "c2", file, signal: caller.signal });
  while (simulator.ledger.files.length < 2) await new Promise(setImmediate);
  caller.abort();
  await expect(givenUp).rejects.toMatchObject({ kind: "aborted", bodyMayHaveArrived: true });
  while (simulator.openRequests > 0) await new Promise(setImmediate);
});

test("a source that stands still does not keep a caller from giving up", async () => {
  fresh();
  const caller = new AbortController();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  async function* still() {
    ask();
    await new Promise(() => {});
    yield new Uint8Array(1);
  }
  const file = { size: 1, chunks: still };
  const upload = client.uploadings.upload({ ...call, comment: "c1", file, signal: caller.signal });
  await asked;
  while (simulator.openRequests === 0) await new Promise(setImmediate);
  caller.abort(new Error("stopping"));
  await expect(upload).rejects.toMatchObject({ kind: "aborted", cause: { message: "stopping" } });
  while (simulator.openRequests > 0) await new Promise(setImmediate);
  expect(simulator.ledger.total).toBe(0);
});

test("an answer that comes before the body is read still arrives", async () => {
  fresh();
  simulator.faults.add({ fault: { kind: "status", status: 503, body: "<html>" } });
  const csv = `ClientId,Target,DateTime\n${`1,purchase,${second()}\n`.repeat(100_000)}`;
  await expect(upload(csv)).rejects.toMatchObject({ kind: "unavailable", status: 503 });
});

test("another process seeds, drives and reads the simulator", async () => {
  simulator.reset();
  const seed = {
    tokens: [{ token: call.token, login: "shop" }],
    counters: [{ id: call.counterId, name: "Shop", owner_login: "shop" }],
    goals: [{ counter_id: call.counterId, identifier: "purchase" }],
    visits: [
      { counter_id: call.counterId, client_id: "1", start_time: new Date(Date.now() - 3_600_000).toISOString() },
    ],
    traffic: [{ counter_id: call.counterId, visitors: 50, days: 10, seed: "s", without_client_id: 0 }],
  };
  expect((await control("POST", "seed", seed)).json).toMatchObject({
    counter_ids: [call.counterId],
    ...{ tokens: 1, visits: 1, traffic: 1 },
  });
  const week = { dimensions: ["ym:s:clientID"], metrics: ["ym:s:visits"], date1: "6daysAgo", date2: "today" };
  expect((await client.reports.get({ ...call, ...week })).totalRows).toBeGreaterThan(5);
  expect((await control("POST", "settings", { bad_rows: "refuse_file", visitors: { share: 0.5 } })).json).toMatchObject(
    { bad_rows: "refuse_file" },
  );
  expect((await control("POST", "settings", { visitors: "seeded" })).json).toMatchObject({ visitors: "seeded" });
  const rule = {
    match: { operation: "upload", path: "upload$", counter_id: call.counterId },
    times: 1,
    fault: { kind: "status", status: 429, retry_after: 3 },
  };
  expect((await control("POST", "faults", rule)).json).toEqual({ ids: [1] });
  expect((await control("GET", "faults")).json).toMatchObject([{ left: 1, match: { path: "upload$" } }]);

  const csv = `ClientId,Target,DateTime,Price,Currency\n1,purchase,${second()},5,RUB\n`;
  await expect(upload(csv)).rejects.toMatchObject({ retryAfterSeconds: 3 });
  await upload(csv);
  await control("POST", "clock", { advance_ms: 2 * 3600 * 1000 });
  const { json: ledger } = await control("GET", "ledger");
  expect(ledger).toMatchObject({
    conversions: 1,
    rows_uploaded: 1,
    outcomes: { linked: 1 },
    files: [{ status: "PROCESSED" }],
  });
  const lines = (await (await fetch(`${served.url}/_simulator/conversions`)).text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ identifier: "1", price: "5", times_uploaded: 1 }]);
  expect((await control("GET", "requests")).json).toMatchObject({ by_group: { client_write: 2 } });
  expect((await control("POST", "reset")).status).toBe(200);
  await new Promise(setImmediate);
  expect(simulator.ledger.total).toBe(0);
});

test("another process plays consent, a change of rights and a change of password", async () => {
  simulator.reset();
  const application = { client_id: "app", client_secret: "key", redirect_uris: ["https://gateway.example/callback"] };
  const seed = { logins: ["shop"], applications: [application] };
  expect((await control("POST", "seed", seed)).json).toMatchObject({ client_ids: ["app"] });
  const app = { clientId: "app", clientSecret: "key" };
  const oauth = createYandexOauth({ oauthUrl: served.url, fetch });
  const [redirectUri = ""] = application.redirect_uris;
  const { verifier: codeVerifier, challenge: codeChallenge } = newPkce();
  const asked = { clientId: "app", redirectUri, scopes: ["metrika:read"], state: "s1", codeChallenge };
  const consent = { authorize_url: oauth.authorizeUrl(asked), login: "shop" };

  for (const [path, body] of [
    ["password", { login: "shop" }],
    ["application_rights", { client_id: "app", scopes: ["metrika:read"] }],
  ] as const) {
    const { json } = await control("POST", "consent", consent);
    const code = new URL(String(json.redirect_url)).searchParams.get("code") ?? "";
    const { accessToken } = await oauth.exchangeCode({ app, code, redirectUri, codeVerifier });
    expect(await client.login.get({ token: accessToken })).toMatchObject({ login: "shop", clientId: "app" });
    expect((await control("POST", path, body)).status).toBe(200);
    await expect(client.login.get({ token: accessToken })).rejects.toMatchObject({ kind: "unauthorized" });
  }
  expect((await control("POST", "consent", { ...consent, login: "stranger" })).status).toBe(400);
});

test("a browser gets the page, presses the button and is sent back; an answer about tokens is really lost", async () => {
  fresh();
  const { application: app } = demo;
  const [redirectUri] = app.redirectUris;
  const oauth = createYandexOauth({ oauthUrl: served.url, fetch });
  const { verifier: codeVerifier, challenge: codeChallenge } = newPkce();
  const asked = { clientId: app.clientId, redirectUri, scopes: ["metrika:read"], state: "s1", codeChallenge };
  const page = await fetch(oauth.authorizeUrl(asked));
  expect(await page.text()).toContain(app.name);
  const body = new URLSearchParams({ login: demo.viewer, scope: "metrika:read", decision: "allow" });
  const back = await fetch(page.url, { method: "POST", body, redirect: "manual" });
  const location = new URL(back.headers.get("location") ?? "");
  expect(location.href).toStartWith(redirectUri);
  const exchange = { app, code: location.searchParams.get("code") ?? "", redirectUri, codeVerifier };
  const { refreshToken } = await oauth.exchangeCode(exchange);
  simulator.faults.add({ match: { operation: "oauth_token" }, fault: { kind: "store_then_reset" } });
  const refresh = () => oauth.refresh({ app, refreshToken: refreshToken ?? "" });
  await expect(refresh()).rejects.toMatchObject({ kind: "unreachable", mayHaveTakenEffect: true });
  await expect(refresh()).rejects.toMatchObject({ kind: "invalid_grant" });
});

test("the list of conversions has every one, however many there are", async () => {
  fresh();
  const rows = Array.from({ length: 2500 }, (_, i) => `${i + 1},purchase,${second()}`);
  await upload(["ClientId,Target,DateTime", ...rows].join("\n"));
  const lines = (await (await fetch(`${served.url}/_simulator/conversions`)).text()).trim().split("\n");
  expect(new Set(lines.map((line) => JSON.parse(line).identifier)).size).toBe(2500);
});

test("a mistake in the control surface is told with its field", async () => {
  fresh();
  expect(await control("POST", "faults", { fault: { kind: "earthquake" } })).toMatchObject({
    status: 400,
    json: { error: expect.stringContaining("fault.kind") },
  });
  expect(await control("POST", "faults", { match: { path: "(" }, fault: { kind: "token_dead" } })).toMatchObject({
    status: 400,
  });
  expect(await control("POST", "settings", { bad_row: "refuse_row" })).toMatchObject({ status: 400 });
  expect(await control("POST", "seed", { goals: [{ counter_id: 1, identifier: "x" }] })).toMatchObject({ status: 400 });
});

test("the demo's visitors and the specification's example are linked", async () => {
  fresh();
  const example = `${exampleVisitor.clientId},,,order123,purchase,${Date.parse("2025-07-01T09:34:56Z") / 1000}`;
  const rows = demoVisitors.map((visitor) => `${visitor.clientId},,,,lead,${second()}`);
  const { id: uploadingId } = await upload(
    ["ClientId,UserId,Yclid,PurchaseId,Target,DateTime", example, ...rows].join("\n"),
  );
  simulator.advance(2 * 3600 * 1000);
  const end = await client.uploadings.get({ ...call, uploadingId });
  expect(end).toMatchObject({ status: "PROCESSED", linkedQuantity: demoVisitors.length + 1 });
});
