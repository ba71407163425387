import { expect, test } from "bun:test";
import { demo, demoVisitors } from "../../core/metrika/simulator/demo-data.ts";
import { startTestGateway } from "../setup/gateway.ts";

const english = { "accept-language": "en" };
const fields = { client_id: "visitor", target: '"purchase"', date_time: "at", price: "sum", key: "no" };
const mapping = { by: "fields", each: "body.orders", fields };
const orders = (sum: unknown) =>
  JSON.stringify({ orders: [{ no: "A-1", visitor: demoVisitors[0]?.clientId, at: "2026-11-23T10:00:00Z", sum }] });

async function start() {
  const gateway = await startTestGateway();
  const { manage } = gateway;
  const made = await manage("POST", "/v1/sources", {
    ...{ plugin: "custom-webhook", name: "Shop", counter_id: demo.counterId, token: demo.token, config: { mapping } },
  });
  const path = `/v1/sources/${made.body.source_id}`;
  const attempt = async (body: unknown) => (await manage("POST", `${path}/try`, body, english)).body;
  const stored = async () => (await manage("GET", `${path}/raw-intakes`)).body.data;
  return { ...gateway, id: made.body.source_id, secret: made.body.secret, attempt, stored };
}

test("a pasted request shows the conversions that it would become, and nothing is stored", async () => {
  const { attempt, stored, sql } = await start();
  const trial = await attempt({ sample: { body: orders("990.50") } });
  expect(trial).toMatchObject({ error: null, leftovers: [] });
  expect(trial.told).toMatchObject([
    { counter_id: demo.counterId, accepted_count: 1, conversions: [{ target: "purchase", price: "990.5" }] },
  ]);
  expect(await stored()).toEqual([]);
  expect(await sql("select id from conversions")).toEqual([]);
});

test("another mapping is tried before it is saved, and an expression that fails tells where", async () => {
  const { attempt } = await start();
  const halved = { mapping: { ...mapping, fields: { ...fields, price: "$round($number(sum) / 2, 2)" } } };
  const sample = { body: orders("990.50") };
  expect((await attempt({ config: halved, sample })).told).toMatchObject([{ conversions: [{ price: "495.25" }] }]);
  const failing = { mapping: { ...mapping, fields: { ...fields, price: "$number(no)" } } };
  expect((await attempt({ config: failing, sample })).error).toMatchObject({ code: "expression_failed" });
  expect((await attempt({ config: { mapping: { by: "expression", expression: "(" } }, sample })).code).toBe(
    "invalid_field",
  );
});

test("a row that the sink would refuse is told with its reason", async () => {
  const { attempt } = await start();
  const trial = await attempt({ sample: { body: orders("many") } });
  expect(trial.told).toMatchObject([{ accepted_count: 0, rejections: [{ field: "price" }] }]);
});

test("a request that was kept can be tried with a mended mapping", async () => {
  const { attempt, request, id, secret, work, stored } = await start();
  await request("POST", `/sources/custom-webhook/${id}`, {
    ...{ headers: { "x-webhook-secret": secret }, body: { other: "shape" } },
  });
  await work();
  const [intake] = await stored();
  const trial = await attempt({ intake_id: intake?.intake_id });
  expect(trial).toMatchObject({ error: null, told: [] });
  expect(trial.leftovers).toMatchObject([{ code: "nothing_mapped" }]);
});

test("what answers its senders itself has nothing to try here", async () => {
  const { manage, createWebhook } = await start();
  const webhook = await createWebhook();
  const answer = await manage("POST", `/v1/sources/${webhook.id}/try`, { sample: {} }, english);
  expect([answer.status, answer.body.code]).toEqual([409, "trial_unavailable"]);
});
