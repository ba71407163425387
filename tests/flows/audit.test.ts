import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { parse } from "csv-parse/sync";
import postgres from "postgres";
import { HOUR, SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { startWithPeople } from "../setup/people.ts";

const EVENTS = "/v1/audit-events";
const english = { "accept-language": "en" };

async function told({ manage }: TestGateway, query = ""): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await manage("GET", `${EVENTS}?limit=500${query}`, undefined, english);
  expect([answer.status, answer.body.detail]).toEqual([200, undefined as unknown as string]);
  return answer.body.data;
}

const actionsOf = (events: readonly Readonly<Record<string, unknown>>[]) => events.map(({ action }) => action);

test("a change of a webhook tells who, what, when, from where, and what it was before", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, manage, advance } = gateway;
  const webhook = await createWebhook({ name: "CRM" });
  advance(SECOND);
  const headers = { "user-agent": "curl/8", "x-request-id": "r-17" };
  await manage("PATCH", `/v1/webhooks/${webhook.id}`, { name: "Shop", language: "ru", dedupe_by: "purchase" }, headers);
  const [event] = await told(gateway, "&action=webhook.changed");
  expect(event).toEqual({
    audit_event_id: expect.any(String),
    at: "2026-11-23T12:00:01.000Z",
    action: "webhook.changed",
    message: "Webhook “Shop” was changed",
    of: "workspace",
    actor: { kind: "api_key", id: expect.any(String), name: "test" },
    target: { kind: "webhook", id: webhook.id, name: "Shop" },
    ...{ address: null, user_agent: "curl/8", request_id: "r-17" },
    before: { name: "CRM", dedupe_by: "exact" },
    after: { name: "Shop", dedupe_by: "purchase" },
  });
  const russian = await manage("GET", `${EVENTS}?action=webhook.changed`, undefined, { "accept-language": "ru" });
  expect(russian.body.data[0]).toMatchObject({ message: "Изменён вебхук «Shop»" });
});

test("the life of a webhook is told act by act, and what changes nothing is none", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, manage, post } = gateway;
  const { id, ...webhook } = await createWebhook();
  const change = (body: object) => manage("PATCH", `/v1/webhooks/${id}`, body);
  await change({});
  await change({ name: "CRM" });
  await change({ delivery_paused: true });
  const { batch_id } = (await post({ id, ...webhook }, [sale(0)])).body;
  await manage("POST", `/v1/batches/${batch_id}/cancel`, { dry_run: true });
  await manage("POST", `/v1/batches/${batch_id}/cancel`);
  await manage("POST", "/v1/replays", { reason: "cancelled", dry_run: true });
  const replay = (await manage("POST", "/v1/replays", { reason: "cancelled" })).body;
  await manage("POST", `/v1/replays/${replay.replay_id}/cancel`);
  await manage("POST", `/v1/replays/${replay.replay_id}/cancel`);
  await change({ delivery_paused: false, is_active: false, token: "y0_another_token" });
  await manage("POST", `/v1/webhooks/${id}/rotate-secret`);
  await manage("POST", `/v1/webhooks/${id}/cancel`, { dry_run: true });
  await manage("POST", `/v1/webhooks/${id}/cancel`);
  await manage("DELETE", `/v1/webhooks/${id}`);
  await manage("DELETE", `/v1/webhooks/${id}`);
  expect(actionsOf(await told(gateway)).toReversed()).toEqual([
    ...["api_key.created", "webhook.created", "webhook.paused", "batch.cancelled", "replay.started"],
    ...["replay.cancelled", "webhook.token_replaced", "webhook.resumed", "webhook.changed"],
    ...["webhook.secret_rotated", "webhook.queue_cancelled", "webhook.deleted"],
  ]);
  expect((await told(gateway, "&action=batch.cancelled"))[0]).toMatchObject({
    ...{ target: { kind: "batch", id: batch_id, name: null }, after: { cancelled: 1 } },
  });
});

test("events are found by each filter, and page by page", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, manage, request, advance, gateway: parts } = gateway;
  const first = await createWebhook({ name: "Отдел Продаж" });
  advance(HOUR);
  const second = await createWebhook({ name: "Shop" });
  await request("DELETE", `/v1/webhooks/${second.id}`, {
    headers: { authorization: `Bearer ${parts.operatorToken}`, "x-request-id": "night-shift" },
  });
  const count = async (query: string) => (await told(gateway, query)).length;
  expect(await count("")).toBe(4);
  expect(await count("&action=webhook.")).toBe(3);
  expect(await count("&action=webhook.created")).toBe(2);
  expect(await count("&actor_kind=operator")).toBe(2);
  expect(await count(`&target_id=${second.id}`)).toBe(2);
  expect(await count("&target_kind=api_key")).toBe(1);
  expect(await count("&from=2026-11-23T13:00:00Z")).toBe(2);
  expect(await count("&to=2026-11-23T16:00:00%2B03:00")).toBe(2);
  expect(await count(`&text=${encodeURIComponent("отдел ПРОДАЖ")}`)).toBe(1);
  expect(await count("&text=NIGHT")).toBe(1);
  expect(await count(`&text=${first.id}&action=webhook.deleted`)).toBe(0);
  const actor = (await told(gateway, "&action=webhook.created"))[0]?.actor as { id: string };
  expect(await count(`&actor_id=${actor.id}`)).toBe(2);

  const walked: unknown[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof manage>> = await manage("GET", `${EVENTS}?limit=1&cursor=${cursor}`);
    walked.push(...page.body.data.map(({ audit_event_id }) => audit_event_id));
    cursor = page.body.next_cursor;
  }
  expect(walked).toEqual((await told(gateway)).map(({ audit_event_id }) => audit_event_id));
});

test("a filter that cannot be meant is refused with what to give instead", async () => {
  const { manage } = await startTestGateway();
  const refused = async (query: string) => {
    const { status, body } = await manage("GET", `${EVENTS}?${query}`, undefined, english);
    return [status, body.errors?.[0]?.field, body.errors?.[0]?.code];
  };
  expect(await refused("action=webhook.craeted")).toEqual([422, "action", "no_such"]);
  expect(await refused("action=webhook")).toEqual([422, "action", "no_such"]);
  expect(await refused("action=.")).toEqual([422, "action", "no_such"]);
  expect(await refused("from=yesterday")).toEqual([422, "from", "instant_format"]);
  expect(await refused("cursor=nonsense")).toEqual([422, "cursor", "bad_format"]);
  expect(await refused("actor_kind=robot")).toEqual([422, "actor_kind", "not_one_of"]);
});

test("each workspace sees its own acts; those of the installation are shown in the first alone", async () => {
  const gateway = await startWithPeople({ env: { SIGN_UP: "open" } });
  const { request, operator, otherWorkspace, person } = gateway;
  await request("POST", "/v1/setup-code", { headers: operator });
  const { owner } = await otherWorkspace();
  await request("POST", "/v1/api-keys", { headers: owner, body: { name: "theirs" } });
  const see = async (headers: Readonly<Record<string, string>>) =>
    (await request("GET", EVENTS, { headers })).body.data;
  const admin = await person("admin");
  const [here, there] = [await see(admin), await see(owner)];
  expect(here.find(({ action }) => action === "setup_code.created")).toMatchObject({ of: "installation" });
  expect(actionsOf(there)).toEqual(["api_key.created"]);
  expect(here.filter(({ target }) => (target as { name: string }).name === "theirs")).toEqual([]);
  const editor = await person("editor");
  expect((await request("GET", EVENTS, { headers: editor })).body.code).toBe("forbidden_role");
});

test("an export holds what the filters let through, in both formats, and is itself told", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, manage } = gateway;
  for (const name of ["=cmd|' /C calc'!A0", 'Отдел, «кавычки» и "прямые"']) await createWebhook({ name });
  const csv = await manage("GET", `${EVENTS}/export?action=webhook.created&bom=true`, undefined, english);
  expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(csv.headers.get("content-disposition")).toBe('attachment; filename="audit-2026-11-23.csv"');
  const rows: Record<string, string>[] = parse(csv.text, { columns: true, bom: true });
  expect(rows.map(({ target_name }) => target_name)).toEqual(['Отдел, «кавычки» и "прямые"', "'=cmd|' /C calc'!A0"]);
  const lines = (await manage("GET", `${EVENTS}/export?format=ndjson&action=webhook.`)).text.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    (await manage("GET", `${EVENTS}?action=webhook.`)).body.data as unknown[],
  );
  expect(await told(gateway, "&action=audit.exported")).toMatchObject([
    { after: { format: "ndjson", action: "webhook." } },
    { after: { format: "csv", action: "webhook.created" } },
  ]);
});

test("an export of many events is read a piece at a time, and a reader who leaves ends it", async () => {
  const gateway = await startTestGateway();
  const { store, app, operatorToken } = gateway.gateway;
  for (let at = 0; at < 1700; at++) {
    await store.audit.add({
      ...{ uuid: crypto.randomUUID(), workspaceId: store.installation.workspaceId, at, action: "webhook.created" },
      actor: { kind: "system", id: null, name: null },
      target: { kind: "webhook", id: null, name: `webhook ${at}` },
      ...{ origin: { address: null, userAgent: null, requestId: null }, before: null, after: null },
    });
  }
  const ask = () =>
    app.request(`${EVENTS}/export?format=ndjson&action=webhook.created`, {
      headers: { authorization: `Bearer ${operatorToken}` },
    });
  const text = await (await ask()).text();
  expect(new Set(text.trimEnd().split("\n")).size).toBe(1700);
  const reader = (await ask()).body?.getReader();
  await reader?.read();
  await reader?.cancel();
  // Each event is a commit of its own.
}, 60_000);

test("nobody changes or deletes an event: the database itself refuses", async () => {
  const gateway = await startTestGateway();
  const before = await told(gateway);
  const { database } = gateway.config;
  const ways = ["update audit_events set actor_name = 'nobody'", "delete from audit_events"];
  if (database.kind === "sqlite") {
    const sqlite = new Database(database.file);
    const replace = "insert or replace into audit_events select * from audit_events";
    for (const statement of [...ways, replace]) expect(() => sqlite.exec(statement)).toThrow("only ever added");
    sqlite.close();
  } else {
    const sql = postgres(database.url, { max: 1, onnotice: () => {}, connection: { search_path: "gateway" } });
    for (const statement of [...ways, "truncate audit_events"])
      await expect(Promise.resolve(sql.unsafe(statement))).rejects.toThrow("only ever added");
    await sql.end();
  }
  expect(await told(gateway)).toEqual(before);
});
