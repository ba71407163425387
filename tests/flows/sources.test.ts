import { expect, test } from "bun:test";
import { crmDefaults, formToken, standardWebhooks } from "metrika-gateway/plugin";
import { demo, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import webhookOffline from "../../plugins/webhook-offline/index.ts";
import { crmConfig, crmPlugin } from "../setup/crm-plugin.ts";
import { type Answer, DAY, HOUR, sale, startTestGateway, type TestGatewayOptions } from "../setup/gateway.ts";
import { signedPlugin } from "../setup/signed-plugin.ts";

const UNKNOWN = "0192a3b4-0000-7000-8000-000000000000";
const english = { "accept-language": "en" };
const newSource = (change: Readonly<Record<string, unknown>> = {}) => ({
  ...{ plugin: "crm", name: "Shop", counter_id: demo.counterId, token: demo.token, config: crmConfig() },
  ...change,
});
const faultsOf = ({ body }: Answer) => body.errors.map(({ field, code }) => [field, code]);
const said = ({ status, body }: Answer) => [status, body.code];

async function start(options: TestGatewayOptions = {}) {
  const plugins = options.plugins ?? [crmPlugin(), webhookOffline as ReturnType<typeof crmPlugin>];
  const gateway = await startTestGateway({ ...options, plugins });
  const create = (change?: Readonly<Record<string, unknown>>) =>
    gateway.manage("POST", "/v1/sources", newSource(change), english);
  const made = async (change?: Readonly<Record<string, unknown>>) => {
    const answer = await create(change);
    expect([answer.status, answer.text]).toEqual([201, answer.text]);
    return answer.body as Answer["body"] & { readonly source_id: string; readonly urls: readonly Address[] };
  };
  const read = async (id: string) => (await gateway.manage("GET", `/v1/sources/${id}`, undefined, english)).body;
  const patch = (id: string, body: unknown) => gateway.manage("PATCH", `/v1/sources/${id}`, body, english);
  return { ...gateway, create, made, read, patch };
}

interface Address {
  readonly url: string;
  readonly address_with_secret: string | null;
}

test("a source is made, shown with its settings, and takes what its sender calls at the address that was given", async () => {
  const { made, read, request } = await start();
  const source = await made({ counters: [demo.counterId], match_by_contact: "md5", language: "en" });
  const [address] = source.urls;
  expect(address?.url).toBe(`https://gateway.example.com/sources/crm/${source.source_id}/{secret}`);
  expect(address?.address_with_secret).toBe(address?.url.replace("{secret}", source.secret) ?? "");
  const { secret: _, urls, ...shown } = source;
  const known = await read(source.source_id);
  const plainUrls = urls.map(({ address_with_secret: __, ...rest }) => rest);
  expect<unknown>(known).toEqual({ ...shown, urls: plainUrls });
  expect(known).toMatchObject({
    ...{ plugin: "crm", plugin_version: "1.4.0", state: "active", waiting_for: null, config_version: 1 },
    ...{ config: { domain: "shop.crm.example" }, secrets_set: ["access_token"], counters: [], match_by_contact: "md5" },
    ...{ schedule: null, next_run_at: null, dedupe_by: "exact", identifiers: "all", warnings: [] },
    health: { failures: 0, resting_until: null, last_failure: null, worked_at: null },
  });
  const path = new URL(String(address?.address_with_secret)).pathname;
  const { target: _target, ...deal } = sale(0);
  expect((await request("POST", path, { body: deal })).body).toMatchObject({ accepted_count: 1 });
  expect((await request("POST", path.slice(0, -1), { body: deal })).status).toBe(403);
});

test("a new source has its plugin's defaults where nobody says otherwise", async () => {
  const { made } = await start({ plugins: [crmPlugin({ defaults: crmDefaults })] });
  expect(await made()).toMatchObject({ dedupe_by: "purchase", identifiers: "best" });
  expect(await made({ dedupe_by: "exact" })).toMatchObject({ dedupe_by: "exact", identifiers: "best" });
});

test("faults of a new source are told by their fields, in both languages", async () => {
  const { create, manage, sql } = await start();
  expect(faultsOf(await create({ plugin: "nothing" }))).toEqual([["plugin", "plugin_unknown"]]);
  expect(faultsOf(await create({ token: undefined }))).toEqual([["token", "token_or_account"]]);
  expect(faultsOf(await create({ config: [] }))).toEqual([
    ["config.domain", "required"],
    ["config.access_token", "required"],
  ]);
  const config = { domain: "x", access_token: "a-token", acess: "y", signing: { key: "k", algorithm: "md5" } };
  expect(faultsOf(await create({ config }))).toEqual([
    ["config.domain", "too_short"],
    ["config.access_token", "too_short"],
    ["config.signing.algorithm", "not_one_of"],
    ["config.acess", "unknown_field"],
  ]);
  const russian = await manage("POST", "/v1/sources", newSource({ config }), { "accept-language": "ru" });
  expect(russian.body.errors.every(({ message }) => /[а-яё]/i.test(message))).toBe(true);
  const large = { ...crmConfig(), stages: { won: "x".repeat(300_000) } };
  expect(faultsOf(await create({ config: large }))).toEqual([["config", "too_long"]]);
  for (const change of [{ schedule: "17 3 * * *" }, { schedule: "off" }])
    expect(faultsOf(await create(change))).toEqual([["schedule", "schedule_unused"]]);
  expect(faultsOf(await create({ secret: "a-secret-of-my-own" }))).toEqual([["secret", "secret_not_taken"]]);
  expect(await sql("select 1 from sources")).toEqual([]);
  expect(await sql("select 1 from credentials")).toEqual([]);
});

test("sources are listed newest first, page by page, webhooks among them, and by plugin", async () => {
  const { made, manage, createWebhook } = await start();
  const first = await made({ name: "first" });
  const webhook = await createWebhook();
  const last = await made({ name: "last" });
  const list = async (query: string) => (await manage("GET", `/v1/sources${query}`)).body;
  const idsOf = ({ data }: Answer["body"]) => data.map(({ source_id }) => source_id);
  expect(idsOf(await list(""))).toEqual([last.source_id, webhook.id, first.source_id]);
  const page = await list("?limit=2");
  expect(idsOf(page)).toEqual([last.source_id, webhook.id]);
  expect(idsOf(await list(`?cursor=${page.next_cursor}`))).toEqual([first.source_id]);
  expect(idsOf(await list("?plugin=webhook-offline"))).toEqual([webhook.id]);
  expect((await list("?plugin=nothing")).data).toEqual([]);
});

test("a webhook read as a source tells its addresses, and is changed and deleted as one", async () => {
  const { createWebhook, read, patch, manage, post } = await start();
  const webhook = await createWebhook();
  expect(await read(webhook.id)).toMatchObject({ plugin: "webhook-offline", config: {}, secrets_set: [] });
  const urls = (await read(webhook.id)).urls as readonly Address[];
  expect(urls.map(({ url }) => url)).toEqual([webhook.url, `${webhook.url}/status`]);
  expect((await patch(webhook.id, { is_active: false })).body).toMatchObject({ state: "disabled" });
  expect(said(await post(webhook, [sale(0)]))).toEqual([403, "webhook_disabled"]);
  expect((await manage("DELETE", `/v1/sources/${webhook.id}`)).status).toBe(204);
  expect((await manage("GET", `/v1/webhooks/${webhook.id}`)).status).toBe(404);
});

test("a change touches what it names and nothing else", async () => {
  const { made, patch, read } = await start();
  const { source_id: id } = await made({ description: "note", time_zone: "Asia/Omsk" });
  const before = await read(id);
  const after = (await patch(id, { name: "Renamed", description: null, identifiers: "best" })).body;
  expect(after).toEqual({
    ...before,
    name: "Renamed",
    description: null,
    identifiers: "best",
    updated_at: after.updated_at,
  });
  expect(faultsOf(await patch(id, { counter_id: 1, plugin: "other" }))).toEqual([
    ["counter_id", "unknown_field"],
    ["plugin", "unknown_field"],
  ]);
});

test("what was accepted is delivered though its source is deleted, unless it is discarded", async () => {
  const { made, manage, request, settle, simulator } = await start();
  for (const discard of ["false", "true"]) {
    const source = await made();
    const path = new URL(String(source.urls[0]?.address_with_secret)).pathname;
    await request("POST", path, { body: sale(discard === "true" ? 1 : 0) });
    expect((await manage("DELETE", `/v1/sources/${source.source_id}?discard=${discard}`)).status).toBe(204);
    expect((await manage("GET", `/v1/sources/${source.source_id}`)).status).toBe(404);
    expect((await request("POST", path, { body: sale(2) })).status).toBe(403);
  }
  await settle();
  expect(simulator.ledger.total).toBe(1);
});

test("the queue of a source is counted and cancelled", async () => {
  const { made, manage, request } = await start();
  const source = await made();
  await request("POST", new URL(String(source.urls[0]?.address_with_secret)).pathname, { body: sale(0) });
  const cancel = async (body?: unknown) => (await manage("POST", `/v1/sources/${source.source_id}/cancel`, body)).body;
  expect<unknown>(await cancel({ dry_run: true })).toEqual({ cancelled: 1, not_cancellable: 0, dry_run: true });
  expect<unknown>(await cancel()).toEqual({ cancelled: 1, not_cancellable: 0, dry_run: false });
});

test("another workspace's source is as unknown as none", async () => {
  const { manage } = await start();
  for (const [method, path] of [
    ["GET", ""],
    ["PATCH", ""],
    ["DELETE", ""],
    ["POST", "/cancel"],
    ["POST", "/check"],
    ["POST", "/rotate-secret"],
  ] as const)
    expect(said(await manage(method, `/v1/sources/${UNKNOWN}${path}`, method === "GET" ? undefined : {}))).toEqual([
      404,
      "not_found",
    ]);
});

test("a rotated secret is shown once, in its address too, and the old one opens for a day", async () => {
  const { made, manage, request, advance } = await start();
  const source = await made();
  const old = new URL(String(source.urls[0]?.address_with_secret)).pathname;
  const { body } = await manage("POST", `/v1/sources/${source.source_id}/rotate-secret`);
  expect(body.secret).not.toBe(source.secret);
  const [address] = body.urls as readonly Address[];
  const fresh = new URL(String(address?.address_with_secret)).pathname;
  expect(fresh).toEndWith(`/${body.secret}`);
  for (const path of [old, fresh]) expect((await request("POST", path, { body: sale(0) })).status).toBe(202);
  advance(DAY);
  expect((await request("POST", old, { body: sale(1) })).status).toBe(403);
  expect((await request("POST", fresh, { body: sale(1) })).status).toBe(202);
});

test("a sender that makes its own secret gives it after the source is made, and until then is refused", async () => {
  const plugins = [signedPlugin("b24", formToken("auth[application_token]", "sender"))];
  const { made, read, manage, request } = await start({ plugins });
  const source = await made({ plugin: "b24", config: {} });
  expect(source).toMatchObject({ secret: null, warnings: [{ code: "secret_awaited" }] });
  const own = "51856fefc120afa4b628cc82d3935cce";
  const send = () =>
    request("POST", `/sources/b24/${source.source_id}`, {
      body: { conversions: [sale(0)], auth: { application_token: own } },
    });
  expect((await send()).status).toBe(403);
  const rotate = (body?: unknown) => manage("POST", `/v1/sources/${source.source_id}/rotate-secret`, body);
  expect(faultsOf(await rotate())).toEqual([["secret", "secret_of_sender"]]);
  for (const secret of ["short", "with a space in its midst", "ключ-из-кириллицы-длинный"])
    expect(faultsOf(await rotate({ secret }))).toEqual([["secret", "secret_format"]]);
  expect((await rotate({ secret: own })).body).toMatchObject({ secret: null });
  expect((await read(source.source_id)).warnings).toEqual([]);
  expect((await send()).status).toBe(202);
});

test("an own key must be what its verifier can use", async () => {
  const { create, made } = await start({ plugins: [signedPlugin("std", standardWebhooks())] });
  const config = {};
  const refused = await create({ plugin: "std", config, secret: "not-a-key-of-the-standard" });
  expect(faultsOf(refused)).toEqual([["secret", "secret_unfit"]]);
  expect(refused.text).not.toContain("not-a-key-of-the-standard");
  const source = await made({ plugin: "std", config, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
  expect(source.secret).toBeNull();
  expect((await made({ plugin: "std", config })).secret).toStartWith("whsec_");
});

test("a plugin without senders has no secret to rotate", async () => {
  const { routes: _, ...silent } = crmPlugin({ verify: null });
  const { create, made, manage } = await start({ plugins: [silent] });
  const { source_id, secret, urls } = await made();
  expect<unknown>([secret, urls]).toEqual([null, []]);
  expect(said(await manage("POST", `/v1/sources/${source_id}/rotate-secret`))).toEqual([409, "secret_unused"]);
  expect(faultsOf(await create({ secret: "a-secret-of-my-own" }))).toEqual([["secret", "secret_not_taken"]]);
});

test("a schedule is the plugin's own, a person's, or off", async () => {
  const plugins = [crmPlugin({ schedule: { defaultCron: "17 3 * * *", run: async () => [] } })];
  const { create, made, patch, read } = await start({ plugins });
  const source = await made();
  const due = Date.parse(String(source.next_run_at));
  const at = Date.parse("2026-11-24T00:17:00Z");
  expect([source.schedule, due >= at, due < at + HOUR]).toEqual([null, true, true]);
  const nextOf = async (change: unknown) => (await patch(source.source_id, change)).body.next_run_at;
  expect(await nextOf({ schedule: "0 9 * * *" })).toBe("2026-11-24T06:00:00.000Z");
  expect(await nextOf({ time_zone: "UTC" })).toBe("2026-11-24T09:00:00.000Z");
  expect(await nextOf({ is_active: false })).toBeNull();
  expect(await nextOf({ name: "Renamed" })).toBeNull();
  expect(await nextOf({ is_active: true })).toBe("2026-11-24T09:00:00.000Z");
  expect(await nextOf({ schedule: "off" })).toBeNull();
  expect(await nextOf({ schedule: null })).not.toBeNull();
  expect((await read(source.source_id)).schedule).toBeNull();
  for (const schedule of ["@daily", "0 0 30 2 *", "* * * * * *"])
    expect(faultsOf(await create({ schedule }))).toEqual([["schedule", "cron_format"]]);
});

test("a further counter must be one that the access sees", async () => {
  let second = 0;
  let foreign = 0;
  const seed: TestGatewayOptions["seed"] = (simulator) => {
    seedDemo(simulator);
    second = simulator.addCounter({ name: "Second", ownerLogin: demo.login }).id;
    simulator.addToken("y0_other-token-of-somebody", { login: "other" });
    foreign = simulator.addCounter({ name: "Foreign", ownerLogin: "other" }).id;
  };
  const { create, made, patch, read, simulator } = await start({ seed });
  const refused = await create({ counters: [second, foreign] });
  expect(faultsOf(refused)).toEqual([["counters.1", "counter_unseen"]]);
  expect(refused.body.detail).toContain(String(foreign));
  const { source_id: id, counters } = await made({ counters: [second, second, demo.counterId] });
  expect(counters).toEqual([second]);
  expect(faultsOf(await patch(id, { counters: [foreign] }))).toEqual([["counters.0", "counter_unseen"]]);
  const replaced = await patch(id, { token: "y0_other-token-of-somebody" });
  expect(faultsOf(replaced)).toEqual([["counters.0", "counter_unseen"]]);
  simulator.faults.add({ match: { operation: "counter" }, fault: { kind: "status", status: 503 }, times: 50 });
  expect(said(await patch(id, { counters: [second] }))).toEqual([503, "metrika_not_answering"]);
  expect((await read(id)).counters).toEqual([second]);
});
