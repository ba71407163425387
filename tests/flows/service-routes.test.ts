import { expect, test } from "bun:test";
import { serveGateway } from "../../gateway/serve.ts";
import { sale, startTestGateway } from "../setup/gateway.ts";

const CREATE = "/webhook/offline-conversions";

/** What these tests read of an operation of the OpenAPI document. */
interface Operation {
  readonly security?: readonly unknown[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly example?: unknown }>> };
}

test("/healthz says that the process lives, /readyz that it can take conversions, until it drains", async () => {
  const { gateway, createWebhook, post, request, settle } = await startTestGateway();
  await post(await createWebhook(), [sale(0)]);
  await settle();
  expect((await request("GET", "/healthz")).text).toBe('{"status":"ok"}');
  expect((await request("GET", "/readyz")).text).toBe('{"status":"ready","uploads":{"completed":1}}');
  gateway.drain();
  const draining = await request("GET", "/readyz");
  expect([draining.status, draining.body.code, draining.headers.get("retry-after")]).toEqual([
    503,
    "storage_unavailable",
    "2",
  ]);
  expect((await request("GET", "/healthz")).status).toBe(200);
});

test("/readyz and intake answer 503, never 2xx, when the database is gone", async () => {
  const { gateway, createWebhook, post, request } = await startTestGateway();
  const webhook = await createWebhook();
  expect((await post(webhook, [sale(0)])).status).toBe(202);
  const sick = { commit: gateway.store.intake.commit, ping: gateway.store.maintenance.ping };
  const broken = async () => {
    throw new Error("database disk image is malformed");
  };
  Object.assign(gateway.store.intake, { commit: broken });
  Object.assign(gateway.store.maintenance, { ping: broken });
  const refused = await post(webhook, [sale(1)]);
  expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([
    503,
    "storage_unavailable",
    "2",
  ]);
  expect(refused.text).not.toContain("malformed");
  expect((await request("GET", "/readyz")).status).toBe(503);
  Object.assign(gateway.store.intake, { commit: sick.commit });
  Object.assign(gateway.store.maintenance, { ping: sick.ping });
  expect((await post(webhook, [sale(1)])).body).toMatchObject({ accepted_count: 1 });
  expect((await request("GET", "/readyz")).status).toBe(200);
});

test("/openapi.json says of every operation who may ask it, and its example of a webhook can be posted as it stands", async () => {
  const { request, manage } = await startTestGateway();
  const { body } = await request("GET", "/openapi.json");
  const paths = body.paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const open = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ security }) => (security?.length ? [] : [[path, security]])),
  );
  expect(open).toEqual([
    ["/healthz", []],
    ["/readyz", []],
  ]);
  const example = paths[CREATE]?.post?.requestBody?.content?.["application/json"]?.example;
  expect((await manage("POST", CREATE, example)).status).toBe(201);
});

test("/openapi.json describes every route that the gateway answers", async () => {
  const { request } = await startTestGateway();
  const { status, body } = await request("GET", "/openapi.json");
  expect([status, body.openapi]).toEqual([200, "3.1.0"]);
  const paths = body.paths as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((m) => `${m} ${path}`),
  );
  // Where the senders of CRMs call is their plugins' own.
  expect(operations.filter((it) => !it.includes(" /sources/")).sort()).toEqual([
    "delete /v1/accounts/{account_id}",
    "delete /v1/api-keys/{api_key_id}",
    "delete /v1/counters/{counter_id}",
    "delete /v1/invitations/{invitation_id}",
    "delete /v1/me/workspaces/{workspace_id}",
    "delete /v1/members/{user_id}",
    "delete /v1/oauth-application",
    "delete /v1/sources/{source_id}",
    "delete /v1/users/{user_id}/sessions",
    "delete /v1/webhooks/{webhook_id}",
    "get /healthz",
    "get /readyz",
    "get /v1/accounts",
    "get /v1/accounts/{account_id}",
    "get /v1/accounts/{account_id}/counters",
    "get /v1/api-keys",
    "get /v1/audit-events",
    "get /v1/audit-events/export",
    "get /v1/batches/{batch_id}",
    "get /v1/batches/{batch_id}/rows",
    "get /v1/conversions/{conversion_id}",
    "get /v1/counters",
    "get /v1/counters/{counter_id}",
    "get /v1/counters/{counter_id}/goals",
    "get /v1/counters/{counter_id}/goals/check",
    "get /v1/dead-letters",
    "get /v1/invitations",
    "get /v1/match-rates",
    "get /v1/me",
    "get /v1/members",
    "get /v1/oauth-application",
    "get /v1/plugins",
    "get /v1/plugins/{plugin_name}",
    "get /v1/quota",
    "get /v1/replays",
    "get /v1/replays/{replay_id}",
    "get /v1/setup-code",
    "get /v1/sources",
    "get /v1/sources/{source_id}",
    "get /v1/sources/{source_id}/raw-intakes",
    "get /v1/sources/{source_id}/raw-intakes/{intake_id}",
    "get /v1/sources/{source_id}/runs",
    "get /v1/sources/{source_id}/runs/{run_id}",
    "get /v1/sources/{source_id}/unidentified-sales",
    "get /v1/uploads",
    "get /v1/uploads/{upload_id}",
    "get /v1/users",
    "get /v1/users/{user_id}/sessions",
    "get /v1/webhooks",
    "get /v1/webhooks/{webhook_id}",
    "get /v1/webhooks/{webhook_id}/batches",
    "get /v1/workspace",
    "get /webhook/offline-conversions/{webhook_id}/status",
    "patch /v1/accounts/{account_id}",
    "patch /v1/members/{user_id}",
    "patch /v1/sources/{source_id}",
    "patch /v1/webhooks/{webhook_id}",
    "patch /v1/workspace",
    "post /v1/accounts",
    "post /v1/accounts/callback",
    "post /v1/accounts/connect",
    "post /v1/accounts/{account_id}/counters",
    "post /v1/api-keys",
    "post /v1/batches/{batch_id}/cancel",
    "post /v1/counters",
    "post /v1/counters/{counter_id}/goals",
    "post /v1/counters/{counter_id}/goals/ensure",
    "post /v1/counters/{counter_id}/refresh",
    "post /v1/invitations",
    "post /v1/invitations/accept",
    "post /v1/key-rotations",
    "post /v1/key-rotations/steps",
    "post /v1/oauth-application/check",
    "post /v1/replays",
    "post /v1/replays/{replay_id}/cancel",
    "post /v1/setup",
    "post /v1/setup-code",
    "post /v1/sources",
    "post /v1/sources/{source_id}/cancel",
    "post /v1/sources/{source_id}/check",
    "post /v1/sources/{source_id}/raw-intakes/replay",
    "post /v1/sources/{source_id}/raw-intakes/{intake_id}/reveal",
    "post /v1/sources/{source_id}/rotate-secret",
    "post /v1/sources/{source_id}/runs",
    "post /v1/sources/{source_id}/runs/{run_id}/cancel",
    "post /v1/sources/{source_id}/try",
    "post /v1/uploads/{upload_id}/resolve",
    "post /v1/users/{user_id}/recovery-links",
    "post /v1/webhooks/{webhook_id}/cancel",
    "post /v1/webhooks/{webhook_id}/rotate-secret",
    "post /v1/workspaces",
    "post /webhook/offline-conversions",
    "post /webhook/offline-conversions/{webhook_id}",
    "put /v1/oauth-application",
  ]);
});

test("/docs shows the document without a host of anybody else's", async () => {
  const { request } = await startTestGateway();
  const page = await request("GET", "/docs");
  expect(page.status).toBe(200);
  expect(page.headers.get("content-type")).toStartWith("text/html");
  expect(page.text).not.toMatch(/(?:src|href)="?https?:/);
  const sources = [...page.text.matchAll(/<script src="([^"]+)"/g)].map(([, source]) => `/${source}`);
  expect(sources.length).toBeGreaterThan(0);
  for (const source of sources) {
    const script = await request("GET", source);
    expect([script.status, script.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(script.text.length).toBeGreaterThan(100);
  }
});

test("every answer names its request, and is neither sniffed nor cached", async () => {
  const { createWebhook, post, request } = await startTestGateway();
  const webhook = await createWebhook();
  const headers = { "x-request-id": "crm-42.1" };
  for (const answer of [
    await post(webhook, [sale(0)], { headers }),
    await post(webhook, [{}], { headers }),
    await request("GET", "/nowhere", { headers }),
    await request("GET", "/healthz", { headers }),
  ]) {
    expect(answer.headers.get("x-request-id")).toBe("crm-42.1");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  }
});

test("over a real port the worker delivers by itself what was accepted", async () => {
  const { gateway, config, createWebhook, status, simulator } = await startTestGateway({
    settings: { processingMs: 0 },
    env: { POLL_INTERVAL_SECONDS: "1" },
  });
  const webhook = await createWebhook();
  const listening = await serveGateway(gateway, { ...config, port: 0, host: "127.0.0.1" });
  const answer = await fetch(`${listening.url}${webhook.path}`, {
    method: "POST",
    headers: { "x-webhook-secret": webhook.secret, "content-type": "application/json" },
    body: JSON.stringify({ conversions: [sale(0)] }),
  });
  expect(answer.status).toBe(202);
  const { batch_id } = (await answer.json()) as { batch_id: string };
  const deadline = Date.now() + 5000;
  while ((await status(webhook, batch_id)).status === "pending" && Date.now() < deadline) await Bun.sleep(10);
  expect((await status(webhook, batch_id)).status).toBe("uploaded");
  expect(simulator.ledger.total).toBe(1);
  await listening.stop();
  expect(simulator.openRequests).toBe(0);
});
