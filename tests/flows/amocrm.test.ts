import { expect, test } from "bun:test";
import { demo, demoVisitors } from "../../core/metrika/simulator/demo-data.ts";
import { createAmocrmDouble, DOUBLE_TOKEN, type DoubleAccount } from "../../plugins/amocrm/amocrm-double.ts";
import { digitalPipelineHook, wonHook } from "../../plugins/amocrm/examples.ts";
import { DAY, MINUTE, START, startTestGateway } from "../setup/gateway.ts";

const CLOSED_AT = Date.parse(START) / 1000 - 7200;
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const english = { "accept-language": "en" };

const field = (field_code: string, value: string | undefined) => ({ field_code, values: [{ value }] });
const lead = {
  ...{ id: 10701093, status_id: 142, pipeline_id: 9217056, price: 22500, is_deleted: false },
  ...{ updated_at: CLOSED_AT + 600, closed_at: CLOSED_AT, _embedded: { contacts: [] } },
  custom_fields_values: [field("_YM_UID", demoVisitors[0]?.clientId)],
};
let accounts = 0;

/** A source of an amoCRM double, with the hook as amoCRM sends it. */
async function start(given: Partial<DoubleAccount> = {}) {
  // The rate of requests is kept by domain, over all tests.
  const subdomain = `flow-${++accounts}`;
  const amocrm = createAmocrmDouble({ domain: `${subdomain}.amocrm.ru`, leads: [lead], ...given });
  const gateway = await startTestGateway({ pluginFetch: amocrm.fetch });
  const config = {
    ...{ domain: `${subdomain}.amocrm.ru`, access_token: DOUBLE_TOKEN, requests_per_second: 50 },
    targets: [{ stages: ["142"], target: "purchase" }],
  };
  const body = { plugin: "amocrm", name: "CRM", counter_id: demo.counterId, token: demo.token, config };
  const made = await gateway.manage("POST", "/v1/sources", body);
  const { source_id, secret } = made.body;
  const send = (hook: string) =>
    gateway.request("POST", `/sources/amocrm/${source_id}/${secret}`, {
      headers: FORM,
      body: hook.replace("subdomain]=acme", `subdomain]=${subdomain}`),
    });
  const about = `/v1/sources/${source_id}`;
  const intakes = async () => (await gateway.manage("GET", `${about}/raw-intakes`, undefined, english)).body.data;
  return { ...gateway, amocrm, config, about, send, intakes };
}

test("a lead that is won is answered at once, completed by the API and settled in Metrika, once for all its hooks", async () => {
  const { send, intakes, work, settle, simulator, amocrm } = await start();
  expect((await send(wonHook)).status).toBe(200);
  expect(amocrm.requests).toEqual([]);
  await work();
  await send(wonHook.replaceAll("leads[status]", "leads[update]"));
  await send(digitalPipelineHook);
  await settle();
  expect((await intakes()).map(({ state, accepted }) => [state, accepted])).toEqual([
    ["taken", 0],
    ["taken", 0],
    ["taken", 1],
  ]);
  expect(simulator.ledger.conversions()).toMatchObject([
    { identifier: demoVisitors[0]?.clientId, target: "purchase", dateTime: CLOSED_AT, price: "22500" },
  ]);
});

test("an amoCRM that does not answer is asked again, and nothing is lost meanwhile", async () => {
  const { send, intakes, work, advance, amocrm } = await start();
  amocrm.faults.push(() => new Response("Too many", { status: 429 }));
  expect((await send(wonHook)).status).toBe(200);
  await work();
  expect(await intakes()).toMatchObject([{ state: "waiting", error: { code: "retry_later" } }]);
  advance(5 * MINUTE);
  await work();
  expect(await intakes()).toMatchObject([{ state: "taken", accepted: 1 }]);
});

test("a refused token makes dead letters, which are replayed with a new one; the token is nowhere in clear", async () => {
  const { send, intakes, work, manage, about, config, amocrm, sql } = await start();
  amocrm.tokens.clear();
  await send(wonHook);
  await work();
  expect(await intakes()).toMatchObject([{ state: "failed", error: { code: "token_refused" } }]);
  amocrm.tokens.add("another-long-lived-token");
  await manage("PATCH", about, { config: { ...config, access_token: "another-long-lived-token" } });
  const replay = async (body: object) => (await manage("POST", `${about}/raw-intakes/replay`, body)).body.replayed;
  expect([await replay({ dry_run: true }), await replay({})]).toEqual([1, 1]);
  await work();
  expect(await intakes()).toMatchObject([{ state: "taken" }]);
  const kept = JSON.stringify([await sql("select * from sources"), await sql("select * from source_state")]);
  expect([kept.includes(DOUBLE_TOKEN), kept.includes("another-long-lived-token")]).toEqual([false, false]);
});

test("an unknown stage is answered well, kept, and shown to a person, who maps it and replays", async () => {
  const { send, intakes, work, manage, about, config } = await start();
  const stage = wonHook.replace("status_id]=142", "status_id]=20067736");
  expect((await send(stage)).status).toBe(200);
  await work();
  expect(await intakes()).toMatchObject([{ state: "set_aside", leftovers: [{ code: "stage_not_mapped" }] }]);
  const targets = [...config.targets, { stages: ["20067736"], target: "purchase" }];
  await manage("PATCH", about, { config: { ...config, targets } });
  await manage("POST", `${about}/raw-intakes/replay`, {});
  await work();
  expect(await intakes()).toMatchObject([{ state: "taken", accepted: 1 }]);
});

test("a wrong secret is refused, and the hook of another account needs a person", async () => {
  const { request, about, intakes, send, work } = await start();
  const id = about.split("/").at(-1);
  expect((await request("POST", `/sources/amocrm/${id}/wrong`, { headers: FORM, body: wonHook })).status).toBe(403);
  await send(wonHook.replace("subdomain]=acme", "subdomain]=others"));
  await work();
  expect(await intakes()).toMatchObject([{ state: "set_aside", leftovers: [{ code: "other_account" }] }]);
});

test("a deal that is dragged back and won again days later is no second sale, and a new amount corrects the first", async () => {
  const { send, work, settle, advance, amocrm, simulator } = await start();
  await send(wonHook);
  await settle();
  advance(2 * DAY);
  const again = { ...lead, price: 30000, closed_at: CLOSED_AT + (2 * DAY) / 1000 };
  amocrm.account = { ...amocrm.account, leads: [again] };
  await send(wonHook);
  await work();
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ dateTime: CLOSED_AT, price: "30000" }]);
});
