import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type TokenWarning, tokenSentences } from "../../core/accounts/check-token.ts";
import { type Language, quoteValue, render } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { SourceOptions, SourceRecord } from "../../core/store/store.ts";
import type { Principal } from "../auth/api-keys.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../http/cursor.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import { apiKeySecurity, type RouteDeps } from "./deps.ts";
import {
  ChangedWebhook,
  CreatedWebhook,
  NewWebhook,
  pageOf,
  RotatedSecret,
  Webhook,
  WebhookChange,
  webhookChecks,
} from "./webhook-shapes.ts";

const PLUGIN = "webhook-offline";
const BASE_PATH = "/webhook/offline-conversions";
const tags = ["Webhooks"];
const security = apiKeySecurity;
const webhookId = z.object({ webhook_id: z.string() });
const refusals = problemResponses("unauthorized", "api_key_invalid", "forbidden_scope");
const withBody = problemResponses(
  "malformed_json",
  "unauthorized",
  "api_key_invalid",
  "forbidden_scope",
  "invalid_field",
);
const ofOne = problemResponses("unauthorized", "api_key_invalid", "forbidden_scope", "not_found");

const createWebhook = createRoute({
  method: "post",
  path: BASE_PATH,
  operationId: "createWebhook",
  tags,
  security,
  summary: "Create a webhook for a counter",
  description:
    "The secret is shown this once. A token that Metrika refuses, or Metrika out of reach, is a warning, not a refusal.",
  request: {
    body: jsonBody(NewWebhook, {
      description: "The counter, the token to upload with, and options",
      example: {
        name: "CRM System",
        counter_id: 12345678,
        token: "y0_AgAAAAB…",
        description: "Webhook for CRM system",
      },
    }),
  },
  responses: { 201: jsonResponse(CreatedWebhook, { description: "The webhook with its secret" }), ...withBody },
});

const listWebhooks = createRoute({
  method: "get",
  path: "/v1/webhooks",
  operationId: "listWebhooks",
  tags,
  security,
  summary: "List webhooks, newest first",
  request: { query: z.object(pageQuery) },
  responses: { 200: jsonResponse(pageOf("Webhook", Webhook), { description: "A page" }), ...refusals },
});

const readWebhook = createRoute({
  method: "get",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "readWebhook",
  tags,
  security,
  summary: "Read a webhook",
  request: { params: webhookId },
  responses: { 200: jsonResponse(Webhook, { description: "The webhook; token and secret are never shown" }), ...ofOne },
});

const updateWebhook = createRoute({
  method: "patch",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "updateWebhook",
  tags,
  security,
  summary: "Change a webhook",
  description: "A new token frees what waited for one. The counter of a webhook never changes.",
  request: {
    params: webhookId,
    body: jsonBody(WebhookChange, { description: "Only what is to change", example: { is_active: false } }),
  },
  responses: {
    200: jsonResponse(ChangedWebhook, { description: "The webhook as it is now" }),
    ...withBody,
    ...problemResponses("not_found"),
  },
});

const deleteWebhook = createRoute({
  method: "delete",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "deleteWebhook",
  tags,
  security,
  summary: "Delete a webhook",
  description: "Conversions that were accepted are still delivered.",
  request: { params: webhookId },
  responses: { 204: { description: "Deleted" }, ...ofOne },
});

const rotateSecret = createRoute({
  method: "post",
  path: "/v1/webhooks/{webhook_id}/rotate-secret",
  operationId: "rotateWebhookSecret",
  tags,
  security,
  summary: "Give a webhook a new secret",
  description: "The old secret stays valid for 24 hours.",
  request: { params: webhookId },
  responses: { 200: jsonResponse(RotatedSecret, { description: "The new secret, shown this once" }), ...ofOne },
});

/** Webhooks: made as specified, kept under /v1. */
export function webhookRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, sources } = deps;
  const may = (c: Context<GatewayEnv>, scope: "read" | "manage") =>
    deps.authenticate(c.req.header("authorization"), scope);

  async function ownWebhook(principal: Principal, id: string): Promise<SourceRecord> {
    const source = await store.sources.findByUuid(id);
    if (source?.workspaceId === principal.workspaceId && source.plugin === PLUGIN) return source;
    throw new ProblemError("not_found", { path: quoteValue(`/v1/webhooks/${id}`) });
  }

  async function answer(source: SourceRecord) {
    const credential = await store.credentials.get(source.credentialId);
    const { dedupeBy, identifiers, createMissingGoals, allowPersonalUserId } = source.options;
    return {
      webhook_id: source.uuid,
      name: source.name,
      description: source.description,
      counter_id: source.counterId,
      url: addressOf(source),
      is_active: source.isActive,
      time_zone: source.timeZone,
      time_zone_from: source.timeZoneFrom,
      default_currency: source.defaultCurrency,
      default_currency_from: source.defaultCurrencyFrom,
      language: source.language,
      dedupe_by: dedupeBy,
      identifiers,
      create_missing_goals: createMissingGoals,
      allow_personal_user_id: allowPersonalUserId,
      login: credential?.login ?? null,
      sending: { paused_until: isoOrNull(credential?.pausedUntil ?? null), reason: credential?.pausedReason ?? null },
      created_at: iso(source.createdAt),
      updated_at: iso(source.updatedAt),
    };
  }

  const addressOf = (source: SourceRecord) => `${deps.publicUrl}${BASE_PATH}/${source.uuid}`;

  router.openapi(createWebhook, async (c) => {
    const principal = await may(c, "manage");
    const body = parseBody(NewWebhook, await readJson(c.req.raw, deps.limits), webhookChecks);
    const { source, secret, warnings } = await sources.create(principal.workspaceId, {
      plugin: PLUGIN,
      name: body.name,
      description: body.description ?? null,
      counterId: body.counter_id,
      token: body.token,
      timeZone: body.time_zone ?? null,
      defaultCurrency: body.default_currency ?? null,
      language: body.language ?? "ru",
      options: optionsOf(body, {
        dedupeBy: "exact",
        identifiers: "all",
        createMissingGoals: false,
        allowPersonalUserId: false,
      }),
    });
    c.set("fallbackLanguage", source.language);
    return c.json(
      { webhook_id: source.uuid, secret, url: addressOf(source), warnings: sayAll(warnings, languageOf(c)) },
      201,
    );
  });

  router.openapi(listWebhooks, async (c) => {
    const { workspaceId } = await may(c, "read");
    const { limit, cursor } = c.req.valid("query");
    const page = await store.sources.list({ workspaceId, plugin: PLUGIN, before: decodeCursor(cursor), limit });
    return c.json({ data: await Promise.all(page.rows.map(answer)), next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readWebhook, async (c) => {
    const source = await ownWebhook(await may(c, "read"), c.req.param("webhook_id"));
    return c.json(await answer(source), 200);
  });

  router.openapi(updateWebhook, async (c) => {
    const source = await ownWebhook(await may(c, "manage"), c.req.param("webhook_id"));
    const body = parseBody(WebhookChange, await readJson(c.req.raw, deps.limits), webhookChecks);
    const warnings = body.token === undefined ? [] : await sources.replaceToken(source, body.token);
    const changed = await sources.change(source, {
      ...(body.name !== undefined && { name: body.name }),
      ...(body.description !== undefined && { description: body.description }),
      ...(body.is_active !== undefined && { isActive: body.is_active }),
      ...(body.language !== undefined && { language: body.language }),
      ...(body.time_zone !== undefined && { timeZone: body.time_zone, timeZoneFrom: "request" }),
      ...(body.default_currency !== undefined && {
        defaultCurrency: body.default_currency,
        defaultCurrencyFrom: "request",
      }),
      options: optionsOf(body, source.options),
    });
    c.set("fallbackLanguage", changed.language);
    return c.json({ ...(await answer(changed)), warnings: sayAll(warnings, languageOf(c)) }, 200);
  });

  router.openapi(deleteWebhook, async (c) => {
    await sources.remove(await ownWebhook(await may(c, "manage"), c.req.param("webhook_id")));
    return c.body(null, 204);
  });

  router.openapi(rotateSecret, async (c) => {
    const source = await ownWebhook(await may(c, "manage"), c.req.param("webhook_id"));
    const { secret, previousValidUntil } = await sources.rotateSecret(source);
    return c.json({ webhook_id: source.uuid, secret, previous_valid_until: iso(previousValidUntil) }, 200);
  });

  return router;
}

interface OptionFields {
  readonly dedupe_by?: SourceOptions["dedupeBy"] | undefined;
  readonly identifiers?: SourceOptions["identifiers"] | undefined;
  readonly create_missing_goals?: boolean | undefined;
  readonly allow_personal_user_id?: boolean | undefined;
}

function optionsOf(body: OptionFields, before: SourceOptions): SourceOptions {
  return {
    dedupeBy: body.dedupe_by ?? before.dedupeBy,
    identifiers: body.identifiers ?? before.identifiers,
    createMissingGoals: body.create_missing_goals ?? before.createMissingGoals,
    allowPersonalUserId: body.allow_personal_user_id ?? before.allowPersonalUserId,
  };
}

function sayAll(warnings: readonly TokenWarning[], language: Language) {
  return warnings.map(({ code, params }) => ({ code, message: render(tokenSentences[code], language, params) }));
}
