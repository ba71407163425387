import { expect, test } from "bun:test";
import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { ProblemError } from "../../core/plugin/problem.ts";
import { createApp, createRouter, languageOf } from "./app-defaults.ts";
import { createClientAddress } from "./client-address.ts";

const logged: { readonly level: string; readonly message: string; readonly facts: Record<string, unknown> }[] = [];
const record = (level: string) => (message: string, facts: Record<string, unknown>) => {
  logged.push({ level, message, facts });
};
const app = createApp({
  log: { debug: record("debug"), error: record("error") },
  newRequestId: () => "made-1",
  clientAddress: createClientAddress(["loopback"]),
});
const router = createRouter();
const listBatches = createRoute({
  method: "get",
  path: "/batches/{id}",
  request: {
    params: z.object({ id: z.uuid() }),
    query: z.object({
      limit: z.coerce.number().int().min(1).max(100).default(50),
      order: z.enum(["asc", "desc"]).optional(),
    }),
  },
  responses: { 200: { description: "ok" } },
});
router.openapi(listBatches, (c) => c.json({ limit: c.req.valid("query").limit }));
router.get("/refused", () => {
  throw new ProblemError("webhook_disabled");
});
router.get("/english-source", (c) => {
  c.set("fallbackLanguage", "en");
  throw new ProblemError("webhook_disabled");
});
router.get("/broken", () => {
  throw new Error("planted-secret in a message");
});
router.get("/not-an-error", () => Promise.reject(new HTTPException(415)));
router.get("/cached", (c) => c.text(languageOf(c), 200, { "cache-control": "max-age=60" }));
router.get("/raw", () => Response.json({ raw: true }));
app.route("/v1", router);

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await app.request(path, { headers });
  return { response, body: await response.json() };
};

test("every answer carries a request id and the security headers", async () => {
  for (const path of [
    "/v1/raw",
    "/v1/refused",
    "/v1/broken",
    "/nowhere",
    "/v1/batches/550e8400-e29b-41d4-a716-446655440000",
  ]) {
    const { headers } = await app.request(path);
    expect(headers.get("x-request-id")).toBe("made-1");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  }
  expect((await app.request("/v1/cached")).headers.get("cache-control")).toBe("max-age=60");
});

test("a sender's request id is taken over when it is sane", async () => {
  const idFor = async (id: string) =>
    (await app.request("/v1/raw", { headers: { "x-request-id": id } })).headers.get("x-request-id");
  expect(await idFor("crm-2025.07:1")).toBe("crm-2025.07:1");
  expect(await idFor("a b")).toBe("made-1");
  expect(await idFor("a".repeat(65))).toBe("made-1");
});

test("a refusal is told in the sender's language, else the source's, else Russian", async () => {
  expect((await get("/v1/refused")).body.title).toBe("Вебхук выключен");
  expect((await get("/v1/refused", { "accept-language": "en" })).body.title).toBe("Webhook disabled");
  expect((await get("/v1/english-source")).body.title).toBe("Webhook disabled");
  expect((await get("/v1/english-source", { "accept-language": "ru" })).body.title).toBe("Вебхук выключен");
});

test("faults of parameters and query are told as invalid_field", async () => {
  const { response, body } = await get("/v1/batches/550e8400?limit=500&order=up", { "accept-language": "en" });
  expect(response.status).toBe(422);
  expect(body).toMatchObject({ code: "invalid_field", request_id: "made-1" });
  expect(body.errors).toMatchObject([
    { field: "limit", code: "too_large" },
    { field: "order", code: "not_one_of", message: "Allowed values: asc, desc; received: up." },
  ]);
  const inPath = await get("/v1/batches/550e8400");
  expect(inPath.body.errors).toMatchObject([{ field: "id", code: "bad_format" }]);
});

test("an unforeseen fault is answered without its message and logged with its request id", async () => {
  logged.length = 0;
  const { response, body } = await get("/v1/broken", { "accept-language": "en" });
  expect(response.status).toBe(500);
  expect(body).toMatchObject({ code: "internal_error", detail: expect.stringContaining("made-1") });
  expect(JSON.stringify(body)).not.toContain("planted-secret");
  expect(logged).toMatchObject([{ level: "error", facts: { requestId: "made-1", path: "/v1/broken" } }]);
});

test("a refusal of public input is logged for debugging only", async () => {
  logged.length = 0;
  await get("/v1/refused?token=planted-secret");
  expect(logged).toMatchObject([{ level: "debug", facts: { code: "webhook_disabled" } }]);
  expect(JSON.stringify(logged)).not.toContain("planted-secret");
});

test("the log names the client of a refused request, behind a trusted proxy too", async () => {
  logged.length = 0;
  const headers = { "x-forwarded-for": "192.0.2.99, 203.0.113.7" };
  for (const peer of ["127.0.0.1", "198.51.100.5", null]) {
    await app.request("/v1/refused", { headers }, { peerOf: () => peer });
  }
  expect(logged.map(({ facts }) => facts.client)).toEqual(["203.0.113.7", "198.51.100.5", undefined]);
});

test("an unknown path is 404, a known one with another method 405 with the allowed ones", async () => {
  const unknown = await get("/v2/x", { "accept-language": "en" });
  expect([unknown.response.status, unknown.body.code]).toEqual([404, "not_found"]);
  expect(unknown.body.detail).toContain("/v2/x");
  const response = await app.request("/v1/refused", { method: "DELETE" });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("GET");
  expect(await response.json()).toMatchObject({ code: "method_not_allowed" });
});

test("the framework's own refusal of a content type becomes a problem document", async () => {
  const { response, body } = await get("/v1/not-an-error");
  expect([response.status, body.code]).toEqual([415, "unsupported_media_type"]);
});
