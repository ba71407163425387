import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { pageQuery } from "../http/cursor.ts";
import { metrikaProblems } from "./counter-shapes.ts";
import {
  Cancellation,
  Cancelled,
  CreatedWebhook,
  NewWebhook,
  pageOf,
  RotatedSecret,
  Webhook,
  WebhookChange,
} from "./webhook-shapes.ts";

/** Where webhooks are made, and under which each of them stands. */
export const BASE_PATH = "/webhook/offline-conversions";
const tags = ["Webhooks"];
const webhookId = z.object({ webhook_id: z.string() });
const refusals = problemResponses(...accessProblems);
const withBody = problemResponses(...accessProblems, "malformed_json", "invalid_field");
/** How an account that is named in place of a token may be refused. */
const ofAccount = ["malformed_json", "invalid_field", "not_found", ...metrikaProblems] as const;
const withAccount = problemResponses(...accessProblems, ...ofAccount);
const ofOne = problemResponses(...accessProblems, "not_found");

/** Makes a webhook; the specified route. */
export const createWebhook = createRoute({
  method: "post",
  path: BASE_PATH,
  operationId: "createWebhook",
  tags,
  ...guarded("edit"),
  summary: "Create a webhook for a counter",
  description:
    "The secret is shown this once. A token that Metrika refuses, or Metrika out of reach, is a warning, not a refusal. In place of the token `account_id` may name a connected Yandex account, which must see the counter; the counter is attached to the workspace if it is not yet.",
  request: {
    body: jsonBody(NewWebhook, {
      description: "The counter, the token to upload with, and options",
      example: {
        name: "CRM System",
        counter_id: 12345678,
        token: "y0_AgAAAABexample",
        description: "Webhook for CRM system",
      },
    }),
  },
  responses: {
    201: jsonResponse(CreatedWebhook, { description: "The webhook with its secret" }),
    ...problemResponses(...accessProblems, ...ofAccount, "plugin_unlisted"),
  },
});

/** Lists the webhooks of a workspace. */
export const listWebhooks = createRoute({
  method: "get",
  path: "/v1/webhooks",
  operationId: "listWebhooks",
  tags,
  ...guarded("read"),
  summary: "List webhooks, newest first",
  request: { query: z.object(pageQuery) },
  responses: { 200: jsonResponse(pageOf("Webhook", Webhook), { description: "A page" }), ...refusals },
});

/** Reads one webhook. */
export const readWebhook = createRoute({
  method: "get",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "readWebhook",
  tags,
  ...guarded("read"),
  summary: "Read a webhook",
  request: { params: webhookId },
  responses: { 200: jsonResponse(Webhook, { description: "The webhook; token and secret are never shown" }), ...ofOne },
});

/** Changes a webhook. */
export const updateWebhook = createRoute({
  method: "patch",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "updateWebhook",
  tags,
  ...guarded("edit"),
  summary: "Change a webhook",
  description: "A new token frees what waited for one. The counter of a webhook never changes.",
  request: {
    params: webhookId,
    body: jsonBody(WebhookChange, { description: "Only what is to change", example: { is_active: false } }),
  },
  responses: {
    200: jsonResponse(Webhook, { description: "The webhook as it is now" }),
    ...withAccount,
  },
});

/** Deletes a webhook. */
export const deleteWebhook = createRoute({
  method: "delete",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "deleteWebhook",
  tags,
  ...guarded("edit"),
  summary: "Delete a webhook",
  description:
    "Conversions that were accepted are still delivered, unless `discard` is true: then those that are not on their way are cancelled.",
  request: { params: webhookId, query: z.object({ discard: z.enum(["true", "false"]).optional() }) },
  responses: { 204: { description: "Deleted" }, ...ofOne, ...problemResponses("invalid_field") },
});

/** Cancels what a webhook took and is not on its way. */
export const cancelWebhook = createRoute({
  method: "post",
  path: "/v1/webhooks/{webhook_id}/cancel",
  operationId: "cancelWebhookQueue",
  tags,
  ...guarded("edit"),
  summary: "Cancel the conversions of a webhook that are not on their way",
  description: "A cancelled conversion is sent when it is posted again, or replayed.",
  request: {
    params: webhookId,
    body: jsonBody(Cancellation, { description: "May be left out", example: { dry_run: true } }),
  },
  responses: {
    200: jsonResponse(Cancelled, { description: "How many were cancelled, or would be" }),
    ...withBody,
    ...problemResponses("not_found"),
  },
});

/** Gives a webhook a new secret. */
export const rotateSecret = createRoute({
  method: "post",
  path: "/v1/webhooks/{webhook_id}/rotate-secret",
  operationId: "rotateWebhookSecret",
  tags,
  ...guarded("edit"),
  summary: "Give a webhook a new secret",
  description: "The old secret stays valid for 24 hours.",
  request: { params: webhookId },
  responses: { 200: jsonResponse(RotatedSecret, { description: "The new secret, shown this once" }), ...ofOne },
});
