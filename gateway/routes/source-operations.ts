import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { pageQuery } from "../http/cursor.ts";
import { metrikaProblems } from "./counter-shapes.ts";
import {
  CreatedSource,
  NewSource,
  RotatedSourceSecret,
  Rotation,
  Source,
  SourceChangeBody,
  SourceCheck,
} from "./source-shapes.ts";
import { Cancellation, Cancelled, pageOf } from "./webhook-shapes.ts";

const tags = ["Sources"];
const params = z.object({ source_id: z.string() });
const ofBody = ["malformed_json", "invalid_field"] as const;
const ofOne = [...accessProblems, "not_found"] as const;

/** Makes a source. */
export const createSource = createRoute({
  method: "post",
  path: "/v1/sources",
  operationId: "createSource",
  tags,
  ...guarded("edit"),
  summary: "Create a source: one configured use of a plugin",
  description:
    "The config is checked by the plugin's schema, its secrets are encrypted and never shown again. A secret for its senders is shown this once, and so is an address that holds it. A token that Metrika refuses, or Metrika out of reach, is a warning, not a refusal; in place of the token `account_id` may name a connected Yandex account.",
  request: {
    body: jsonBody(NewSource, {
      description: "The plugin with its config, the counter, what to upload with, and options",
      example: {
        plugin: "webhook-offline",
        name: "CRM System",
        counter_id: 12345678,
        token: "y0_AgAAAABexample",
        config: {},
        dedupe_by: "purchase",
      },
    }),
  },
  responses: {
    201: jsonResponse(CreatedSource, { description: "The source, with its secret" }),
    ...problemResponses(...ofOne, ...ofBody, ...metrikaProblems, "plugin_unlisted"),
  },
});

/** Lists the sources of a workspace. */
export const listSources = createRoute({
  method: "get",
  path: "/v1/sources",
  operationId: "listSources",
  tags,
  ...guarded("read"),
  summary: "List sources, newest first; webhooks are sources too",
  request: {
    query: z.object({
      ...pageQuery,
      plugin: z.string().max(100).optional().openapi({ description: "Only those of this plugin" }),
    }),
  },
  responses: {
    200: jsonResponse(pageOf("Source", Source), { description: "A page" }),
    ...problemResponses(...accessProblems, "invalid_field"),
  },
});

/** Reads one source. */
export const readSource = createRoute({
  method: "get",
  path: "/v1/sources/{source_id}",
  operationId: "readSource",
  tags,
  ...guarded("read"),
  summary: "Read a source",
  request: { params },
  responses: {
    200: jsonResponse(Source, { description: "The source; its token and its secrets are never shown" }),
    ...problemResponses(...ofOne),
  },
});

/** Changes a source. */
export const updateSource = createRoute({
  method: "patch",
  path: "/v1/sources/{source_id}",
  operationId: "updateSource",
  tags,
  ...guarded("edit"),
  summary: "Change a source",
  description:
    "What is left out stays. `config` replaces the config, but a secret that is left out of it keeps its value. The counter and the plugin of a source never change. A source whose plugin is not listed any more can still be renamed, paused and disabled.",
  request: {
    params,
    body: jsonBody(SourceChangeBody, { description: "Only what is to change", example: { is_active: false } }),
  },
  responses: {
    200: jsonResponse(Source, { description: "The source as it is now" }),
    ...problemResponses(...ofOne, ...ofBody, ...metrikaProblems, "plugin_unlisted"),
  },
});

/** Deletes a source. */
export const deleteSource = createRoute({
  method: "delete",
  path: "/v1/sources/{source_id}",
  operationId: "deleteSource",
  tags,
  ...guarded("edit"),
  summary: "Delete a source",
  description:
    "Conversions that were accepted are still delivered, unless `discard` is true: then those that are not on their way are cancelled.",
  request: { params, query: z.object({ discard: z.enum(["true", "false"]).optional() }) },
  responses: { 204: { description: "Deleted" }, ...problemResponses(...ofOne, "invalid_field") },
});

/** Cancels what a source took and is not on its way. */
export const cancelSource = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/cancel",
  operationId: "cancelSourceQueue",
  tags,
  ...guarded("edit"),
  summary: "Cancel the conversions of a source that are not on their way",
  description: "A cancelled conversion is sent when it is told again, or replayed.",
  request: {
    params,
    body: jsonBody(Cancellation, { description: "May be left out", example: { dry_run: true } }),
  },
  responses: {
    200: jsonResponse(Cancelled, { description: "How many were cancelled, or would be" }),
    ...problemResponses(...ofOne, ...ofBody),
  },
});

/** Gives a source a new secret. */
export const rotateSourceSecret = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/rotate-secret",
  operationId: "rotateSourceSecret",
  tags,
  ...guarded("edit"),
  summary: "Give a source a new secret for its senders",
  description: "The old secret stays valid for 24 hours. A sender that makes its own secret gives it here.",
  request: { params, body: jsonBody(Rotation, { description: "May be left out", example: {} }) },
  responses: {
    200: jsonResponse(RotatedSourceSecret, { description: "The new secret, shown this once" }),
    ...problemResponses(...ofOne, ...ofBody, "plugin_unlisted", "source_waiting", "secret_unused"),
  },
});

/** Tests the connections of a source. */
export const checkConnection = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/check",
  operationId: "checkSource",
  tags,
  ...guarded("edit"),
  summary: "Test the connections of a source",
  description:
    "Lets its plugin call the other side with what is configured, 20 seconds at the most, and asks Metrika what the access may do with its counters. Changes nothing.",
  request: { params },
  responses: {
    200: jsonResponse(SourceCheck, { description: "What was found, whether it is well or not" }),
    ...problemResponses(...ofOne, "plugin_unlisted", "source_waiting", "check_unavailable"),
  },
});
