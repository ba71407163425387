import { expect, test } from "bun:test";
import { demo, demoVisitors } from "../../core/metrika/simulator/demo-data.ts";
import { DAY, HOUR, MINUTE, startTestGateway, type TestGatewayOptions } from "../setup/gateway.ts";

const english = { "accept-language": "en" };
const mapping = {
  by: "fields",
  fields: { client_id: "body.visitor", target: "body.goal", date_time: "body.at", price: "body.sum", key: "body.no" },
} as const;
const order = (no: number, more: Readonly<Record<string, unknown>> = {}) => ({
  ...{
    visitor: demoVisitors[no]?.clientId,
    goal: "purchase",
    at: "2026-11-23T10:00:00Z",
    sum: "1500.50",
    no: `A-${no}`,
  },
  ...more,
});

async function start(options: TestGatewayOptions = {}, config: Readonly<Record<string, unknown>> = { mapping }) {
  const gateway = await startTestGateway(options);
  const made = await gateway.manage("POST", "/v1/sources", {
    ...{ plugin: "custom-webhook", name: "Shop", counter_id: demo.counterId, token: demo.token, config },
  });
  expect([made.status, made.text]).toEqual([201, made.text]);
  const id = String(made.body.source_id);
  const path = `/sources/custom-webhook/${id}`;
  const headers = { "x-webhook-secret": made.body.secret };
  const send = (body: unknown, more: Readonly<Record<string, string>> = {}) =>
    gateway.request("POST", path, { headers: { ...headers, ...more }, body });
  const manage = (method: string, rest: string, body?: unknown) =>
    gateway.manage(method, `/v1/sources/${id}${rest}`, body, english);
  const intakes = async (query = "") => (await manage("GET", `/raw-intakes${query}`)).body;
  const states = async () => (await intakes()).data.map(({ state }) => state);
  const replay = async (body: Readonly<Record<string, unknown>> = {}) =>
    (await manage("POST", "/raw-intakes/replay", body)).body.replayed;
  return { ...gateway, id, path, secret: made.body.secret, send, source: manage, intakes, states, replay };
}

test("a request is kept and answered at once, then mapped, sent and settled", async () => {
  const { send, intakes, source, work, settle, simulator } = await start();
  const answer = await send(order(0));
  expect([answer.status, answer.body.status]).toEqual([200, "kept"]);
  expect((await intakes()).data).toMatchObject([{ intake_id: answer.body.intake_id, state: "waiting", attempts: 0 }]);
  await work();
  const read = await source("GET", `/raw-intakes/${answer.body.intake_id}`);
  expect(read.body).toMatchObject({ state: "taken", accepted: 1, leftovers: [], error: null, attempts: 1 });
  expect(read.body.request).toMatchObject({ body: JSON.stringify(order(0)) });
  await settle();
  const [row, ...others] = simulator.ledger.conversions();
  expect([row, others]).toMatchObject([{ target: "purchase", price: "1500.5" }, []]);
});

test("who shows no secret, a wrong one or one for an unknown source is refused, and nothing is kept", async () => {
  const { request, path, intakes, secret } = await start();
  const said = async (where: string, headers: Readonly<Record<string, string>>) => {
    const { status, body } = await request("POST", where, { headers, body: order(0) });
    return [status, body.code];
  };
  const unknown = path.replace(/[^/]+$/, "0192a3b4-0000-7000-8000-000000000000");
  const refused = [
    await said(path, { "x-webhook-secret": `${secret}x` }),
    await said(unknown, { "x-webhook-secret": secret }),
    await said(path, {}),
  ];
  expect(new Set(refused.map((it) => it.join(" "))).size).toBe(1);
  expect(refused[0]).toEqual([403, "secret_wrong"]);
  expect((await intakes()).data).toEqual([]);
});

test("a disabled source answers as ever and keeps what comes, which is handled once it is enabled", async () => {
  const { send, source, states, intakes, work } = await start();
  await source("PATCH", "", { is_active: false });
  expect((await send(order(0))).status).toBe(200);
  await work();
  expect(await states()).toEqual(["kept"]);
  expect((await intakes()).data[0]?.error).toMatchObject({ code: "source_disabled" });
  await source("PATCH", "", { is_active: true });
  await work();
  expect(await states()).toEqual(["taken"]);
});

test("after a mended mapping a replay takes what failed, as many as it counted, and a second one sends nothing", async () => {
  const broken = { mapping: { ...mapping, fields: { ...mapping.fields, price: "$number(body.price)" } } };
  const { send, states, source, replay, work, settle, intakes, simulator } = await start({}, broken);
  const spoilt = { ...order(1), price: "many" };
  await send(order(0, { price: "10" }));
  await send(spoilt);
  await send({ ...order(2), price: "no" });
  await work();
  expect((await states()).toSorted()).toEqual(["failed", "failed", "taken"]);
  expect((await intakes("?state=failed")).data[0]?.error).toMatchObject({ code: "expression_failed" });
  await source("PATCH", "", { config: { mapping } });
  expect([await replay({ dry_run: true }), await replay()]).toEqual([2, 2]);
  await work();
  expect(await states()).toEqual(["taken", "taken", "taken"]);
  expect(await replay({ states: ["taken"] })).toBe(3);
  await work();
  await settle();
  const { data } = await intakes();
  // The first was told another price before the mapping was mended: a correction.
  expect(data.map(({ accepted, duplicates }) => [accepted, duplicates])).toEqual([
    [1, 1],
    [1, 1],
    [2, 0],
  ]);
  expect(simulator.ledger.conversions()).toHaveLength(3);
});

test("rows that the sink refuses set the request aside with their reason, beside good ones that are taken", async () => {
  const expression = `body.{"client_id": v, "target": "purchase", "date_time": "2026-11-23T10:00:00Z"}`;
  const { send, work, intakes } = await start({}, { mapping: { by: "expression", expression } });
  await send([{ v: demoVisitors[0]?.clientId }, { v: "not digits" }, {}]);
  await work();
  const [intake] = (await intakes()).data;
  expect(intake).toMatchObject({ state: "set_aside", accepted: 1, rejected: 2 });
  expect(intake?.leftovers).toMatchObject([{ code: "client_id_format" }, { code: "no_identifier" }]);
});

test("a request whose sender's words cannot be read is a dead letter with its reason, never lost", async () => {
  const { send, work, intakes } = await start();
  expect((await send('{"broken": ', { "content-type": "application/json" })).status).toBe(200);
  await work();
  expect((await intakes()).data).toMatchObject([{ state: "failed", error: { code: "malformed_json" } }]);
});

test("contacts and secrets are masked, and revealed only to an editor, which is written down", async () => {
  const { send, work, intakes, source, manage } = await start();
  await send({ ...order(0), phone: "+7 900 000-00-12", api_token: "t0psecret" });
  await work();
  const [intake] = (await intakes()).data;
  const where = `/raw-intakes/${intake?.intake_id}`;
  const masked = (await source("GET", where)).text;
  expect([masked.includes("***12"), masked.includes("t0psecret"), masked.includes("900 000")]).toEqual([
    ...[true, false, false],
  ]);
  const whole = (await source("POST", `${where}/reveal`)).text;
  expect([whole.includes("900 000-00-12"), whole.includes("t0psecret")]).toEqual([true, false]);
  const events = await manage("GET", "/v1/audit-events?action=raw_intake.revealed");
  expect(events.body.data).toHaveLength(1);
});

test("what was taken is forgotten after 72 hours, what needs a person after 30 days, and each says so until then", async () => {
  const { send, work, intakes, source, advance, gateway, clock } = await start();
  await send(order(0));
  await send({ ...order(1), visitor: "x" });
  await work();
  const [aside, taken] = (await intakes()).data;
  const hasRequest = async (id: unknown) => (await source("GET", `/raw-intakes/${id}`)).body.request !== null;
  advance(73 * HOUR);
  await gateway.store.maintenance.purgeExpired(clock.now());
  expect([await hasRequest(taken?.intake_id), await hasRequest(aside?.intake_id)]).toEqual([false, true]);
  advance(30 * DAY);
  await gateway.store.maintenance.purgeExpired(clock.now());
  expect(await hasRequest(aside?.intake_id)).toBe(false);
});

test("nothing is lost or told twice when the gateway is restarted between keeping and handling", async () => {
  const { send, restart, work, states, intakes, advance } = await start();
  await send(order(0));
  await restart();
  await work();
  advance(MINUTE);
  await work();
  expect(await states()).toEqual(["taken"]);
  expect((await intakes()).data).toMatchObject([{ accepted: 1, duplicates: 0 }]);
});

test("a body that is too large is refused before it is kept", async () => {
  const { send, intakes } = await start();
  const answer = await send("x".repeat(9 * 1024 * 1024), { "content-type": "text/plain" });
  expect([answer.status, answer.body.code]).toEqual([413, "body_too_large"]);
  expect((await intakes()).data).toEqual([]);
});
