import { expect, test } from "bun:test";
import { RetryLater, type SourcePlugin, Unusable } from "metrika-gateway/plugin";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { crmConfig, crmPlugin } from "../setup/crm-plugin.ts";
import { type Answer, startTestGateway } from "../setup/gateway.ts";

type Check = NonNullable<Parameters<typeof crmPlugin>[0]>["check"];

const says = (text: string) => ({ ru: `По-русски: ${text}`, en: text });

async function start(check: Check, change: Partial<SourcePlugin> = {}) {
  const plugin = { ...crmPlugin(check === undefined ? {} : { check }), ...change };
  const gateway = await startTestGateway({ plugins: [plugin] });
  const make = async (token: string = demo.token) => {
    const body = { plugin: "crm", name: "Shop", counter_id: demo.counterId, token, config: crmConfig() };
    return String((await gateway.manage("POST", "/v1/sources", body)).body.source_id);
  };
  const ask = (id: string, language = "en"): Promise<Answer> =>
    gateway.manage("POST", `/v1/sources/${id}/check`, undefined, { "accept-language": language });
  return { ...gateway, make, ask };
}

test("a check tells what the plugin tried and what Metrika says, in the caller's language, and is written down", async () => {
  const { make, ask, sql } = await start(async ({ config }) => ({
    checks: [{ code: "domain", ok: config.domain === "shop.crm.example", message: says("The CRM answers.") }],
  }));
  const id = await make();
  const { status, body } = await ask(id);
  expect(status).toBe(200);
  expect<unknown>(body).toEqual({
    ...{ source_id: id, ok: true, metrika: { ok: true, warnings: [] }, checked_at: "2026-11-23T12:00:00.000Z" },
    checks: [{ code: "domain", ok: true, message: "The CRM answers." }],
  });
  expect((await ask(id, "ru")).text).toContain("По-русски");
  const events = await sql("select action from audit_events where action = 'source.checked'");
  expect(events).toHaveLength(2);
});

test("an access that Metrika refuses is told beside a plugin that is well", async () => {
  const { make, ask } = await start(async () => ({ checks: [{ code: "token", ok: true, message: says("Fine.") }] }));
  expect((await ask(await make("y0_a-token-of-nobody"))).body).toMatchObject({
    ok: false,
    checks: [{ code: "token", ok: true }],
    metrika: { ok: false, warnings: [{ code: "token_refused" }] },
  });
});

const failing: Readonly<Record<string, readonly [NonNullable<Check>, string]>> = {
  "that finds a fault": [async () => ({ checks: [{ code: "token", ok: false, message: says("Refused.") }] }), "token"],
  "that gets no answer": [() => Promise.reject(new RetryLater(says("Silence."))), "not_answering"],
  "that needs a person": [() => Promise.reject(new Unusable("scope_missing", says("No rights."))), "scope_missing"],
  "that throws": [() => Promise.reject(new Error("boom")), "check_failed"],
  "that throws at once": [
    () => {
      throw new Error("boom");
    },
    "check_failed",
  ],
  // What a plugin without types could answer.
  "that answers rubbish": [async () => JSON.parse('{"checks":[{"code":7}]}'), "check_failed"],
  "that tries to emit": [
    async (source) => {
      await source.emit([{}]);
      return { checks: [] };
    },
    "check_failed",
  ],
};

test.each(Object.entries(failing))("a check %s is answered with what is wrong", async (_, [check, code]) => {
  const { make, ask, sql } = await start(check);
  const { status, body } = await ask(await make());
  expect(status).toBe(200);
  expect(body).toMatchObject({ ok: false, checks: [{ code, ok: false }], metrika: { ok: true } });
  expect(await sql("select 1 from batches")).toEqual([]);
});

test("a plugin without a check says so", async () => {
  const { make, ask } = await start(undefined);
  const { status, body } = await ask(await make());
  expect([status, body.code]).toEqual([409, "check_unavailable"]);
});

test("a source that waits for a person is not checked", async () => {
  const check: Check = async () => ({ checks: [] });
  const plugin = crmPlugin({ check });
  const plugins: SourcePlugin[] = [{ ...plugin, configVersion: 2 }];
  const { manage, restart } = await startTestGateway({ plugins });
  const body = { plugin: "crm", name: "Shop", counter_id: demo.counterId, token: demo.token, config: crmConfig() };
  const id = String((await manage("POST", "/v1/sources", body)).body.source_id);
  plugins[0] = plugin;
  await restart();
  const refused = await manage("POST", `/v1/sources/${id}/check`, undefined, { "accept-language": "en" });
  expect([refused.status, refused.body.code]).toEqual([409, "source_waiting"]);
  expect(refused.body.detail).toContain("version 2");
});
