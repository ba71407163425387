import { expect, test } from "bun:test";
import { crmDefaults, standardWebhooks } from "metrika-gateway/plugin";
import { bundled } from "../../gateway/plugins.ts";
import openapi from "../../openapi/openapi.json" with { type: "json" };
import { crmPlugin } from "../setup/crm-plugin.ts";
import { startTestGateway } from "../setup/gateway.ts";
import { signedPlugin } from "../setup/signed-plugin.ts";

test("a plugin is told with what its sources are configured with and how their senders prove themselves", async () => {
  const plugin = crmPlugin({
    ...{ configVersion: 3, defaults: crmDefaults, check: async () => ({ checks: [] }), handle: async () => [] },
    schedule: { defaultCron: "17 3 * * *", run: async () => [] },
  });
  const { manage } = await startTestGateway({ plugins: [plugin] });
  const answer = await manage("GET", "/v1/plugins/crm", undefined, { "accept-language": "en" });
  expect(answer.status).toBe(200);
  const { config_schema, ...told } = answer.body;
  expect<unknown>(told).toEqual({
    ...{ name: "crm", version: "1.4.0", title: "Example CRM", summary: "Deals of a CRM." },
    ...{ config_version: 3, secret_names: ["access_token", "signing.key"], default_schedule: "17 3 * * *" },
    senders: { place: "at the end of the address", secret_from: "gateway" },
    ...{ has_check: true, keeps_raw_intakes: true, defaults: { dedupe_by: "purchase", identifiers: "best" } },
    routes: [{ methods: ["POST"], path: "/sources/crm/{source_id}/{secret}", summary: "Send a deal" }],
  });
  expect(config_schema).toMatchObject({
    properties: {
      domain: { type: "string", title: "Domain", minLength: 3 },
      access_token: { type: "string", title: "Access token", writeOnly: true, format: "password", minLength: 8 },
    },
    required: ["domain", "access_token"],
  });
});

test("plugins are listed by name, in the caller's language", async () => {
  const plugins = [
    signedPlugin("std", standardWebhooks()),
    signedPlugin("chosen", () => standardWebhooks()),
    crmPlugin(),
  ];
  const { manage } = await startTestGateway({ plugins });
  const { data } = (await manage("GET", "/v1/plugins", undefined, { "accept-language": "ru" })).body;
  expect(data.map(({ name, title, senders }) => [name, title, senders])).toEqual([
    ["chosen", "chosen", { place: null, secret_from: null }],
    ["crm", "Пример CRM", { place: "в конце адреса", secret_from: "gateway" }],
    ["std", "std", { place: expect.stringContaining("webhook-signature"), secret_from: "either" }],
  ]);
  for (const name of ["nothing", "toString", "webhook-offline"])
    expect((await manage("GET", `/v1/plugins/${name}`)).status).toBe(404);
});

test("the bundled plugins are told as the document describes them", async () => {
  const { manage } = await startTestGateway();
  const { data } = (await manage("GET", "/v1/plugins")).body;
  expect(data.map(({ name }) => name)).toContain("webhook-offline");
  expect(data).toHaveLength(Object.keys(bundled).length);
  expect(Object.keys(data[0] ?? {}).sort()).toEqual(openapi.components.schemas.Plugin.required.toSorted());
});

test("a plugin that cannot be loaded stands in the list with its reason, and the gateway serves the others", async () => {
  const { manage } = await startTestGateway({ env: { GATEWAY_PLUGINS: "webhook-offline,./no-such-plugin" } });
  const { data, not_loaded } = (await manage("GET", "/v1/plugins", undefined, { "accept-language": "ru" })).body;
  expect(data.map(({ name }) => name)).toEqual(["webhook-offline"]);
  expect(not_loaded).toEqual([
    {
      ...{ listed: "./no-such-plugin", name: null, code: "plugin_not_found", members: [] },
      message: expect.stringContaining("Плагин «./no-such-plugin» из GATEWAY_PLUGINS не загружен"),
    },
  ]);
});
