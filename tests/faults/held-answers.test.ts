import { expect, test } from "bun:test";
import { DAY, HOUR, MINUTE, sale, startTestGateway, type TestGateway, type TestWebhook } from "../setup/gateway.ts";

const sales = [sale(0), sale(1, { price: 700 })];

/** A webhook that holds, with a batch whose file's answer was lost; nothing has been looked up yet. */
async function loseAnswer(rig: TestGateway, arrives: boolean, options: Readonly<Record<string, unknown>> = {}) {
  rig.simulator.faults.add({ fault: { kind: arrives ? "store_then_reset" : "reset_before_store" } });
  const webhook = await rig.createWebhook({ uncertain_policy: "hold", ...options });
  const { body } = await rig.post(webhook, sales);
  await rig.work();
  return { webhook, batch: body.batch_id };
}

async function passHalfAnHour({ work, advance }: TestGateway): Promise<void> {
  for (let minute = 0; minute < 35; minute++) {
    advance(MINUTE);
    await work();
  }
}

async function upload({ manage }: TestGateway) {
  const { body } = await manage("GET", "/v1/uploads");
  expect(body.data).toHaveLength(1);
  return body.data[0] as {
    upload_id: string;
    state: string;
    error_code: string | null;
    metrika_upload_id: string | null;
  };
}

const resolve = ({ manage }: TestGateway, id: string, decision: unknown) =>
  manage("POST", `/v1/uploads/${id}/resolve`, decision, { "accept-language": "en" });

const errorsOf = async ({ status }: TestGateway, webhook: TestWebhook, batch: string) =>
  (await status(webhook, batch)).errors;

test("under the policy hold, a file that Metrika does not list waits for a person and is looked for every hour", async () => {
  const rig = await startTestGateway();
  const { webhook, batch } = await loseAnswer(rig, false);
  await passHalfAnHour(rig);
  const held = await upload(rig);
  expect(held).toMatchObject({ state: "uncertain", error_code: "held_for_person" });
  expect(await errorsOf(rig, webhook, batch)).toEqual([
    expect.stringContaining(`decide by POST /v1/uploads/${held.upload_id}/resolve`),
  ]);
  expect(await rig.rows(batch)).toMatchObject([
    { status: "pending", detail: "held", late: false },
    { status: "pending", detail: "held" },
  ]);

  const lists = rig.simulator.requests.byOperation.list ?? 0;
  for (let minute = 0; minute < 5 * 60; minute += 15) {
    rig.advance(15 * MINUTE);
    await rig.work();
  }
  expect(rig.simulator.requests.byOperation).toMatchObject({ upload: 1, list: lists + 5 });
  expect((await rig.status(webhook, batch)).status).toBe("pending");
  const { body } = await rig.manage("GET", `/v1/uploads/${held.upload_id}`);
  expect(body.history).toHaveLength(1 + 4);
});

test("a held file that Metrika lists late goes on by itself", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "late_list", ms: 3 * HOUR } });
  const { webhook, batch } = await loseAnswer(rig, true);
  await passHalfAnHour(rig);
  expect((await upload(rig)).error_code).toBe("held_for_person");
  await rig.settle();
  expect(await rig.status(webhook, batch)).toMatchObject({ status: "completed", processed: 2, errors: null });
  expect(rig.simulator.requests.byOperation.upload).toBe(1);
});

test("a person sends a held file again: the same rows, seconds and comment, counted once even if it had arrived", async () => {
  const rig = await startTestGateway({ settings: { keepCsv: true } });
  rig.simulator.faults.add({ fault: { kind: "late_list", ms: 3 * HOUR } });
  const { webhook, batch } = await loseAnswer(rig, true);
  await passHalfAnHour(rig);
  const { upload_id } = await upload(rig);
  const answer = await resolve(rig, upload_id, { decision: "resend" });
  expect(answer).toMatchObject({ status: 200, body: { upload_id, state: "planned", error_code: null, error: null } });

  await rig.settle();
  const [first, second, ...others] = rig.simulator.ledger.files;
  expect(others).toEqual([]);
  expect(second).toMatchObject({ csv: first?.csv as string, comment: first?.comment as string });
  expect(rig.simulator.ledger.total).toBe(2);
  expect(await rig.status(webhook, batch)).toMatchObject({ status: "completed", processed: 2, errors: null });
  const { body } = await rig.manage("GET", `/v1/uploads/${upload_id}`);
  const history = body.history as readonly { kind: string; outcome: string }[];
  expect(history.filter(({ kind }) => kind !== "read_back").slice(0, 3)).toMatchObject([
    { kind: "send", outcome: "answer_lost" },
    { kind: "decision", outcome: "resend" },
    { kind: "send", outcome: "accepted" },
  ]);
});

test("a person who has found the file in Metrika names its number, and its status is followed from there", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "late_list", ms: 30 * DAY } });
  const { webhook, batch } = await loseAnswer(rig, true);
  await passHalfAnHour(rig);
  const { upload_id } = await upload(rig);
  rig.simulator.faults.clear();
  const found = { decision: "found", metrika_upload_id: rig.simulator.ledger.files[0]?.id };
  const answer = await resolve(rig, upload_id, found);
  expect(answer.body).toMatchObject({ state: "sent", metrika_upload_id: found.metrika_upload_id, error_code: null });
  await rig.settle();
  expect(await rig.status(webhook, batch)).toMatchObject({ status: "completed", processed: 2 });
  expect(rig.simulator.requests.byOperation.upload).toBe(1);
});

test("a person may decide before the gateway has looked the file up", async () => {
  const rig = await startTestGateway();
  await loseAnswer(rig, false, { uncertain_policy: "resend" });
  const { upload_id, error_code } = await upload(rig);
  expect(error_code).not.toBe("held_for_person");
  expect((await resolve(rig, upload_id, { decision: "resend" })).status).toBe(200);
  await rig.work();
  expect(rig.simulator.ledger.files).toHaveLength(1);
});

test("only an upload whose answer was lost is for a person to decide", async () => {
  const rig = await startTestGateway();
  await rig.post(await rig.createWebhook(), sales);
  await rig.work();
  const { upload_id } = await upload(rig);
  const answer = await resolve(rig, upload_id, { decision: "resend" });
  expect(answer).toMatchObject({ status: 409, body: { code: "upload_not_uncertain" } });
  expect(answer.body.detail).toContain("in the state sent");
});

test("a decision that comes while the file is just being looked up is refused, not lost: the next one is taken", async () => {
  const listing = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let holds = true;
  const rig = await startTestGateway({
    network: (through) => async (url, init) => {
      if (holds && url.includes("/uploadings?")) {
        asked.resolve();
        await listing.promise;
      }
      return through(url, init);
    },
  });
  await loseAnswer(rig, false);
  const { upload_id } = await upload(rig);
  rig.advance(MINUTE);
  const working = rig.work();
  await asked.promise;
  const busy = await resolve(rig, upload_id, { decision: "resend" });
  expect(busy).toMatchObject({ status: 409, body: { code: "upload_busy" } });
  expect(busy.headers.get("retry-after")).toBe("10");
  holds = false;
  listing.resolve();
  await working;
  expect((await resolve(rig, upload_id, { decision: "resend" })).status).toBe(200);
  await rig.settle();
  expect(rig.simulator.ledger.total).toBe(2);
});

test("Metrika's number of another file is refused", async () => {
  const rig = await startTestGateway();
  const first = await rig.post(await rig.createWebhook(), [sale(3)]);
  await rig.settle();
  const [other] = (await rig.manage("GET", "/v1/uploads")).body.data;
  await loseAnswer(rig, false);
  rig.advance(5 * MINUTE);
  await rig.work();
  const [lost] = (await rig.manage("GET", "/v1/uploads?state=uncertain")).body.data;
  expect(first.status).toBe(202);
  const named = { decision: "found", metrika_upload_id: other?.metrika_upload_id };
  expect(await resolve(rig, String(lost?.upload_id), named)).toMatchObject({
    status: 409,
    body: { code: "metrika_upload_taken" },
  });
});

test("a number that Metrika does not know, or cannot be asked about, is refused, and the file goes on waiting", async () => {
  const rig = await startTestGateway();
  await loseAnswer(rig, false);
  const { upload_id } = await upload(rig);
  const named = { decision: "found", metrika_upload_id: "999" };
  const unknown = await resolve(rig, upload_id, named);
  expect(unknown).toMatchObject({ status: 422, body: { code: "metrika_upload_unknown" } });
  rig.simulator.faults.add({ times: "always", fault: { kind: "unreachable" } });
  const silent = await resolve(rig, upload_id, named);
  expect(silent).toMatchObject({ status: 503, body: { code: "metrika_not_answering" } });
  expect(silent.headers.get("retry-after")).toBe("10");
  expect((await upload(rig)).state).toBe("uncertain");
});

test.each([
  [{ decision: "found" }, "metrika_upload_id"],
  [{ decision: "found", metrika_upload_id: "12a" }, "metrika_upload_id"],
  [{ decision: "forget" }, "decision"],
  [{ decision: "resend", metrika_upload_id: "1" }, "metrika_upload_id"],
])("the decision %p is refused with its field", async (decision, field) => {
  const rig = await startTestGateway();
  await loseAnswer(rig, false);
  const { upload_id } = await upload(rig);
  const { status, body } = await resolve(rig, upload_id, decision);
  expect({ status, code: body.code, fields: body.errors.map((one) => one.field) }).toEqual({
    ...{ status: 422, code: "invalid_field", fields: [field] },
  });
  expect((await upload(rig)).state).toBe("uncertain");
});

test("a decision needs the right to manage and an upload of one's own", async () => {
  const rig = await startTestGateway();
  await loseAnswer(rig, false);
  const { upload_id } = await upload(rig);
  const { body } = await rig.manage("POST", "/v1/api-keys", { name: "reader", scopes: ["read"] });
  const refused = await rig.request("POST", `/v1/uploads/${upload_id}/resolve`, {
    headers: { authorization: `Bearer ${body.key}` },
    body: { decision: "resend" },
  });
  expect(refused).toMatchObject({ status: 403, body: { code: "forbidden_scope" } });
  const nowhere = await resolve(rig, crypto.randomUUID(), { decision: "resend" });
  expect(nowhere).toMatchObject({ status: 404, body: { code: "not_found" } });
});

test("a list that has been unreadable for a day calls a person, and the gateway goes on trying", async () => {
  const rig = await startTestGateway();
  const failing = rig.simulator.faults.add({
    match: { operation: "list" },
    times: "always",
    fault: { kind: "status", status: 503 },
  });
  const { webhook, batch } = await loseAnswer(rig, true, { uncertain_policy: "resend" });
  const passHours = async (hours: number) => {
    for (let minute = 0; minute < hours * 60; minute += 30) {
      rig.advance(30 * MINUTE);
      await rig.work();
    }
  };
  await passHours(23);
  expect((await upload(rig)).error_code).not.toBe("list_unreadable");
  await passHours(2);
  expect(await upload(rig)).toMatchObject({ state: "uncertain", error_code: "list_unreadable" });
  expect(await errorsOf(rig, webhook, batch)).toEqual([
    expect.stringContaining("could not be read for more than a day"),
  ]);
  expect(await rig.rows(batch)).toMatchObject([{ detail: "answer_lost" }, { detail: "answer_lost" }]);

  failing.remove();
  await rig.settle();
  expect(await rig.status(webhook, batch)).toMatchObject({ status: "completed", errors: null });
  expect(rig.simulator.requests.byOperation.upload).toBe(1);
});
