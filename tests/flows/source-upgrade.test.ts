import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { type SourcePlugin, secret } from "metrika-gateway/plugin";
import * as v from "valibot";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import webhookOffline from "../../plugins/webhook-offline/index.ts";
import { crmConfig, crmPlugin } from "../setup/crm-plugin.ts";
import { type Answer, sale, startTestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

const TOKEN = "plainly-secret-token";
const english = { "accept-language": "en" };
const said = ({ status, body }: Answer) => [status, body.code];
const bundled = webhookOffline as SourcePlugin;

/** The next version of the plugin, which calls the domain a host and keeps the token in a group. */
const next = (change: Partial<SourcePlugin>) => ({
  ...crmPlugin(),
  ...{ version: "2.0.0", configVersion: 2 },
  config: v.object({ host: v.string(), access: v.object({ token: secret(v.string()) }) }),
  ...change,
});

/** A gateway with one source of the plugin, which is then started again with other plugins. */
async function start() {
  const plugins: SourcePlugin[] = [crmPlugin(), bundled];
  const gateway = await startTestGateway({ plugins });
  const body = { plugin: "crm", name: "Shop", counter_id: demo.counterId, token: demo.token, config: crmConfig(TOKEN) };
  const made = (await gateway.manage("POST", "/v1/sources", body)).body;
  const id = String(made.source_id);
  const [address] = made.urls as readonly { readonly address_with_secret: string }[];
  const path = new URL(String(address?.address_with_secret)).pathname;
  return {
    ...gateway,
    id,
    read: async () => (await gateway.manage("GET", `/v1/sources/${id}`, undefined, english)).body,
    patch: (change: unknown) => gateway.manage("PATCH", `/v1/sources/${id}`, change, english),
    send: (row: number) => gateway.request("POST", path, { body: sale(row) }),
    async startWith(...others: readonly SourcePlugin[]) {
      plugins.splice(0, plugins.length, ...others);
      await gateway.restart();
    },
  };
}

test("a source whose plugin is not listed any more waits for a person: it can be read, disabled and deleted", async () => {
  const { startWith, read, patch, manage, id, createWebhook } = await start();
  await startWith(bundled);
  expect((await createWebhook()).id).toBeString();
  const waiting = await read();
  expect(waiting).toMatchObject({
    ...{ plugin: "crm", plugin_version: null, state: "waiting_for_person", urls: [] },
    ...{ config: { domain: "shop.crm.example" }, secrets_set: ["access_token"] },
    waiting_for: { code: "plugin_missing", message: expect.stringContaining("GATEWAY_PLUGINS") },
  });
  for (const [method, path, change] of [
    ["PATCH", "", { config: crmConfig() }],
    ["PATCH", "", { schedule: null }],
    ["PATCH", "", { is_active: true }],
    ["POST", "/check", {}],
    ["POST", "/rotate-secret", {}],
  ] as const)
    expect(said(await manage(method, `/v1/sources/${id}${path}`, change))).toEqual([409, "plugin_unlisted"]);
  expect((await patch({ name: "Old CRM", is_active: false })).body).toMatchObject({
    name: "Old CRM",
    state: "disabled",
  });
  expect((await manage("GET", "/v1/sources")).body.data).toHaveLength(2);
  expect((await manage("DELETE", `/v1/sources/${id}`)).status).toBe(204);
});

test("a source works again when its plugin is back", async () => {
  const { startWith, read, send } = await start();
  await startWith(bundled);
  // What shows the source's secret is kept meanwhile.
  expect((await send(0)).status).toBe(200);
  await startWith(crmPlugin());
  expect(await read()).toMatchObject({ state: "active", waiting_for: null });
  expect((await send(0)).status).toBe(202);
});

test("a config that a later plugin no longer takes lets its source wait, says which field, and is mended", async () => {
  const { startWith, read, send, patch } = await start();
  await startWith({
    ...crmPlugin(),
    config: v.object({
      domain: v.pipe(v.string(), v.endsWith(".ru")),
      access_token: secret(v.string()),
      zone: v.string(),
    }),
  });
  const waiting = await read();
  expect(waiting.state).toBe("waiting_for_person");
  expect(waiting.waiting_for).toEqual({
    code: "config_field_unfit",
    message: expect.stringMatching(/"Shop".*config\.domain.*crm 1\.4\.0/),
  });
  expect(JSON.stringify(waiting)).not.toContain(TOKEN);
  expect(said(await send(0))).toEqual([503, "source_unusable"]);
  const mended = await patch({ config: { domain: "shop.ru", zone: "Europe/Moscow" } });
  expect(mended.body).toMatchObject({ state: "active", secrets_set: ["access_token"] });
  expect((await send(0)).status).toBe(202);
});

test("a config of an earlier version is brought to the plugin's at each use, until it is saved again", async () => {
  const { startWith, read, send, patch, sql } = await start();
  const asked: unknown[] = [];
  const migrateConfig = (stored: Readonly<Record<string, unknown>>, from: number) => {
    asked.push(from);
    return { host: stored.domain, access: { token: stored.access_token } };
  };
  await startWith(next({ migrateConfig }));
  expect(await read()).toMatchObject({
    ...{ state: "active", plugin_version: "2.0.0", config_version: 2 },
    ...{ config: { host: "shop.crm.example" }, secrets_set: ["access.token"] },
  });
  expect((await send(0)).status).toBe(202);
  expect(asked[0]).toBe(1);
  const versions = () => sql<{ config_version: number; config: unknown }>("select config_version, config from sources");
  expect((await versions())[0]?.config_version).toBe(1);
  const saved = await patch({ config: { host: "new.crm.example" } });
  expect(saved.body).toMatchObject({ config: { host: "new.crm.example" }, secrets_set: ["access.token"] });
  expect((await versions())[0]?.config_version).toBe(2);
  const before = asked.length;
  expect((await send(1)).status).toBe(202);
  expect(await read()).toMatchObject({ state: "active" });
  expect(asked).toHaveLength(before);
});

test("a migrateConfig that throws lets its source wait, is told without its words, and harms no neighbour", async () => {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  const { startWith, read, send, patch, manage, createWebhook, post } = await start();
  const webhook = await createWebhook();
  const migrateConfig = ({ access_token }: Readonly<Record<string, unknown>>) => {
    throw new Error(`no road for ${access_token}`);
  };
  await startWith(next({ migrateConfig }), bundled);
  const waiting = await read();
  expect(waiting).toMatchObject({
    ...{ state: "waiting_for_person", waiting_for: { code: "config_not_migrated" }, config_version: 1 },
    ...{ config: { domain: "shop.crm.example" }, secrets_set: ["access_token"] },
  });
  expect(said(await send(0))).toEqual([503, "source_unusable"]);
  expect((await post(webhook, [sale(0)])).status).toBe(202);
  expect((await manage("GET", "/v1/sources")).body.data).toHaveLength(2);
  const mended = await patch({ config: { host: "shop", access: { token: "a-new-token" } } });
  expect(mended.body).toMatchObject({ state: "active", secrets_set: ["access.token"] });
  expect((await send(1)).status).toBe(202);
  expect(JSON.stringify([waiting, lines])).not.toContain(TOKEN);
});

test("a config that a later plugin wrote waits for it, and nothing is lost by going back", async () => {
  const { startWith, read, patch, send } = await start();
  const migrateConfig = (stored: Readonly<Record<string, unknown>>) => ({
    host: stored.domain,
    access: { token: stored.access_token },
  });
  await startWith(next({ migrateConfig }));
  await patch({ config: { host: "shop" } });
  await startWith(crmPlugin());
  expect(await read()).toMatchObject({
    ...{ state: "waiting_for_person", waiting_for: { code: "config_newer" }, config_version: 2 },
    ...{ config: { host: "shop" }, secrets_set: ["access.token"] },
  });
  await startWith(next({ migrateConfig }));
  expect(await read()).toMatchObject({ state: "active", secrets_set: ["access.token"] });
  expect((await send(0)).status).toBe(202);
});
