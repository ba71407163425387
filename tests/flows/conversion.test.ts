import { expect, test } from "bun:test";
import { conversionUuid } from "../../core/store/public-id.ts";
import { HOUR, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

async function idOf({ rows }: TestGateway, batchId: string, index = 0): Promise<string> {
  return String((await rows(batchId))[index]?.conversion_id);
}

const read = ({ manage }: TestGateway, id: string, language = "en") =>
  manage("GET", `/v1/conversions/${id}`, undefined, { "accept-language": language });

test("a conversion is read as it is now, with everything that was told of it, oldest first", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const first = await rig.post(webhook, [sale(1), sale(0, { price: "1500.50", purchase_id: "order123" })]);
  const id = await idOf(rig, first.body.batch_id, 1);
  await rig.settle();
  rig.advance(HOUR);
  const second = await rig.post(webhook, [sale(0, { price: 70, purchase_id: "order123" })]);
  const told = { batch: first.body.batch_id, again: second.body.batch_id };

  const waiting = await read(rig, id);
  expect(waiting.status).toBe(200);
  const [earlier, current] = waiting.body.revisions as readonly Record<string, unknown>[];
  expect<unknown>(waiting.body).toEqual({
    ...{ conversion_id: id, webhook_id: webhook.id, counter_id: 12345678, sent_time: null },
    conversion: {
      ...{ client_id: sale(0).client_id, user_id: null, yclid: null, purchase_id: "order123", target: "purchase" },
      ...{ date_time: "2026-11-23T10:00:00Z", price: "70", currency: "RUB" },
    },
    ...{ revision: 1, batch_id: told.again, index: 0, upload_id: null, status: "pending", detail: "queued" },
    ...{ message: "Accepted and waiting to be sent.", late: false, revisions: [earlier, current] },
  });
  const replacedAt = current?.told_at as string;
  expect(earlier).toEqual({
    ...{ revision: 0, price: "1500.5", currency: "RUB", batch_id: told.batch, index: 1 },
    ...{ told_at: "2026-11-23T12:00:00.000Z", replaced_at: replacedAt, upload_id: expect.any(String) },
    ...{ status: "processed", detail: "linked", message: "Metrika linked the row to a visit.", late: false },
  });
  expect(current).toMatchObject({ revision: 1, price: "70", batch_id: told.again, replaced_at: null });

  await rig.settle();
  const russian = await read(rig, id, "ru");
  expect(russian.body).toMatchObject({ status: "processed", message: "Метрика привязала строку к визиту." });
  expect(await rig.rows(told.batch)).toMatchObject([{ revision: 0 }, { revision: 0, kind: "replaced" }]);
  expect(await rig.rows(told.again)).toMatchObject([{ revision: 1, kind: "accepted" }]);
});

test("a repeat leads to the conversion that it repeats", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const first = await rig.post(webhook, [sale(0)]);
  await rig.post(webhook, [sale(0, { price: 9 })]);
  const repeat = await rig.post(webhook, [sale(0, { price: 9 })]);
  expect(await rig.rows(repeat.body.batch_id)).toMatchObject([{ kind: "duplicate", revision: 1 }]);
  const { body } = await read(rig, await idOf(rig, repeat.body.batch_id));
  expect(body).toMatchObject({ conversion_id: await idOf(rig, first.body.batch_id), revision: 1 });
});

test("a telling that was given up says so, whatever became of the next one", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  rig.simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "status", status: 400 } });
  const first = await rig.post(webhook, [sale(0, { price: 100 })]);
  await rig.settle();
  await rig.post(webhook, [sale(0, { price: 100 })]);
  await rig.settle();
  const { body } = await read(rig, await idOf(rig, first.body.batch_id));
  expect(body).toMatchObject({ status: "processed", detail: "linked" });
  expect(body.revisions).toMatchObject([
    { revision: 0, status: "error", detail: "failed" },
    { revision: 1, status: "processed", detail: "linked" },
  ]);
});

test("an id that no conversion has is not found, whatever it looks like", async () => {
  const rig = await startTestGateway();
  const { body } = await rig.post(await rig.createWebhook(), [sale(0)]);
  const known = await idOf(rig, body.batch_id);
  const other = conversionUuid(crypto.randomUUID(), 1);
  const spelt = [known.slice(0, -1), known.toUpperCase(), `${known}0`, `x${known}`, "1", "-8000-8000-000000000001"];
  for (const id of [other, conversionUuid(rig.gateway.store.installation.uuid, 99), ...spelt]) {
    if (id === known) continue;
    expect(await read(rig, id)).toMatchObject({ status: 404, body: { code: "not_found" } });
  }
});
