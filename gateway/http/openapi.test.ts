import { expect, test } from "bun:test";
import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse, openApiDocument } from "../../core/plugin/valibot-openapi.ts";
import { createApp, createRouter } from "./app-defaults.ts";

const Conversion = v.pipe(
  v.object({
    target: v.pipe(v.string(), v.maxLength(255), v.description("Identifier of the goal")),
    price: v.optional(v.union([v.number(), v.string()])),
  }),
  component("Conversion"),
);
const Conversions = v.pipe(
  v.object({ conversions: v.pipe(v.array(Conversion), v.minLength(1)) }),
  component("Conversions"),
);
const Receipt = v.pipe(
  v.object({ batch_id: v.pipe(v.string(), v.uuid()), status: v.literal("accepted"), refused: v.array(Conversion) }),
  component("Receipt"),
);
const send = createRoute({
  method: "post",
  path: "/webhook/{webhook_id}",
  request: {
    params: z.object({ webhook_id: z.string() }),
    body: jsonBody(Conversions, { description: "What was sold", example: { conversions: [{ target: "purchase" }] } }),
  },
  responses: {
    202: jsonResponse(Receipt, { description: "Stored" }),
    ...problemResponses("secret_missing", "secret_wrong", "webhook_disabled"),
  },
});
const router = createRouter();
router.openapi(send, async (c) => {
  await c.req.text();
  return c.json({ batch_id: c.req.param("webhook_id"), status: "accepted" as const, refused: [] }, 202);
});
const app = createApp();
app.route("/", router);

const head = { openapi: "3.1.0", info: { title: "Test", version: "1" } };
const document = openApiDocument(app, head);
const operation = document.paths?.["/webhook/{webhook_id}"]?.post;

test("bodies and answers stand in the document as references to named schemas", () => {
  expect(operation?.requestBody).toEqual({
    description: "What was sold",
    required: true,
    content: {
      "application/json": {
        schema: { $ref: "#/components/schemas/Conversions" },
        example: { conversions: [{ target: "purchase" }] },
      },
    },
  });
  expect(operation?.responses?.[202]).toEqual({
    description: "Stored",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Receipt" } } },
  });
});

test("a named schema is listed once, with what its rules say", () => {
  const schemas = document.components?.schemas;
  expect(Object.keys(schemas ?? {})).toEqual(["Conversion", "Conversions", "Problem", "Receipt"]);
  expect(schemas?.Conversion).toEqual({
    type: "object",
    properties: {
      target: { type: "string", maxLength: 255, description: "Identifier of the goal" },
      price: { anyOf: [{ type: "number" }, { type: "string" }] },
    },
    required: ["target"],
  });
  expect(schemas?.Conversions).toMatchObject({
    properties: { conversions: { type: "array", items: { $ref: "#/components/schemas/Conversion" }, minItems: 1 } },
  });
  expect(JSON.stringify(document)).not.toContain("x-component");
});

test("refusals of one status share an entry and show an example each", () => {
  expect(Object.keys(operation?.responses ?? {})).toEqual(["202", "401", "403"]);
  const forbidden = operation?.responses?.[403];
  expect(forbidden.description).toBe("Access denied · Webhook disabled");
  const { schema, examples } = forbidden.content["application/problem+json"];
  expect(schema).toEqual({ $ref: "#/components/schemas/Problem" });
  expect(examples.webhook_disabled.value).toMatchObject({ status: 403, code: "webhook_disabled" });
});

test("the body reaches the handler unread, whatever it is", async () => {
  const response = await app.request("/webhook/1", { method: "POST", body: "not JSON" });
  expect(response.status).toBe(202);
});

test("without the gathering step the document is complete too, only longer", () => {
  const plain = JSON.stringify(app.getOpenAPI31Document(head));
  expect(plain).not.toContain("$ref");
  expect(plain).toContain("Identifier of the goal");
});

test("two different schemas of one name are refused", () => {
  const clash = createApp();
  const respond = (path: string, schema: v.GenericSchema<Record<string, unknown>>) =>
    clash.openapi(
      createRoute({ method: "get", path, responses: { 200: jsonResponse(schema, { description: "x" }) } }),
      (c) => c.json({}, 200),
    );
  respond("/a", v.pipe(v.record(v.string(), v.unknown()), component("Same")));
  respond("/b", v.pipe(v.record(v.string(), v.string()), component("Same")));
  expect(() => openApiDocument(clash, head)).toThrow("named Same");
});
