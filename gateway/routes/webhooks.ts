import type { Context } from "hono";
import { type TokenWarning, tokenSentences } from "../../core/accounts/check-token.ts";
import { type Language, quoteValue, render } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { defaultOptions } from "../../core/sources/default-options.ts";
import type { GrantedAccess, SourceAccess } from "../../core/sources/source-access.ts";
import type { AccountRecord, CounterRecord, SourceOptions, SourceRecord } from "../../core/store/store.ts";
import { newSecret } from "../../core/vault/secrets.ts";
import type { Principal } from "../auth/authorize.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import { addressWarnings } from "../public-address.ts";
import { readCancellation } from "./cancellation.ts";
import { counterFacts } from "./counter-shapes.ts";
import type { RouteDeps } from "./deps.ts";
import { accountOfField } from "./own-account.ts";
import { actsOfChange, settingsOf, targetOf } from "./webhook-acts.ts";
import {
  BASE_PATH,
  cancelWebhook,
  createWebhook,
  deleteWebhook,
  listWebhooks,
  readWebhook,
  rotateSecret,
  updateWebhook,
} from "./webhook-operations.ts";
import { NewWebhook, WebhookChange, webhookChecks } from "./webhook-shapes.ts";

const PLUGIN = "webhook-offline";

/** Webhooks: made as specified, kept under /v1. */
export function webhookRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, sources } = deps;

  async function ownWebhook(principal: Principal, id: string): Promise<SourceRecord> {
    const source = await store.sources.findByUuid(id);
    if (source?.workspaceId === principal.workspaceId && source.plugin === PLUGIN) return source;
    throw new ProblemError("not_found", { path: quoteValue(`/v1/webhooks/${id}`) });
  }

  /** What the webhook is to upload with; null where the body names nothing. */
  async function accessOf(
    { workspaceId }: Principal,
    body: { readonly token?: string | undefined; readonly account_id?: string | undefined },
  ): Promise<SourceAccess | null> {
    if (body.token !== undefined) return { kind: "token", token: body.token };
    if (body.account_id === undefined) return null;
    return { kind: "account", account: await accountOfField(store, workspaceId, body.account_id) };
  }

  async function tellAttached(c: Context<GatewayEnv>, principal: Principal, counter: CounterRecord | null) {
    if (counter === null) return;
    const target = { kind: "counter", id: String(counter.counterId), name: counter.name };
    await deps.audit(c, principal, { action: "counter.attached", target, after: counterFacts(counter) });
  }

  async function answerOne(source: SourceRecord, language: Language, doubts: readonly TokenWarning[] = []) {
    const accounts = await store.accounts.ofCredentials([source.credentialId]);
    return answer(source, accounts, language, doubts);
  }

  async function answer(
    source: SourceRecord,
    accounts: ReadonlyMap<number, AccountRecord>,
    language: Language,
    doubts: readonly TokenWarning[] = [],
  ) {
    const credential = await store.credentials.get(source.credentialId);
    const { dedupeBy, identifiers, createMissingGoals, allowPersonalUserId, uncertainPolicy } = source.options;
    return {
      webhook_id: source.uuid,
      name: source.name,
      description: source.description,
      counter_id: source.counterId,
      url: addressOf(source),
      is_active: source.isActive,
      delivery_paused: source.deliveryPaused,
      time_zone: source.timeZone,
      time_zone_from: source.timeZoneFrom,
      default_currency: source.defaultCurrency,
      default_currency_from: source.defaultCurrencyFrom,
      language: source.language,
      dedupe_by: dedupeBy,
      identifiers,
      create_missing_goals: createMissingGoals,
      allow_personal_user_id: allowPersonalUserId,
      uncertain_policy: uncertainPolicy,
      account_id: accounts.get(source.credentialId)?.uuid ?? null,
      login: credential?.login ?? null,
      sending: { paused_until: isoOrNull(credential?.pausedUntil ?? null), reason: credential?.pausedReason ?? null },
      created_at: iso(source.createdAt),
      updated_at: iso(source.updatedAt),
      warnings: warningsOf(doubts, language),
    };
  }

  /** Of the token first: without one that works nothing is sent at all. */
  const warningsOf = (doubts: readonly TokenWarning[], language: Language) => [
    ...doubts.map(({ code, params }) => ({ code, message: render(tokenSentences[code], language, params) })),
    ...addressWarnings(deps.publicUrl, language),
  ];

  const addressOf = (source: SourceRecord) => `${deps.publicUrl}${BASE_PATH}/${source.uuid}`;

  router.openapi(createWebhook, async (c) => {
    const principal = await deps.authorize(c, createWebhook);
    const body = parseBody(NewWebhook, await readJson(c.req.raw, deps.limits), webhookChecks);
    const access = await accessOf(principal, body);
    if (access === null) throw new Error("A webhook without a token and an account passed its schema.");
    const secret = newSecret();
    const { source, access: granted } = await sources.create(principal.workspaceId, {
      plugin: PLUGIN,
      config: {},
      secret: { keeps: "hash", value: secret },
      name: body.name,
      description: body.description ?? null,
      counterId: body.counter_id,
      access,
      timeZone: body.time_zone ?? null,
      defaultCurrency: body.default_currency ?? null,
      language: body.language ?? "ru",
      options: optionsOf(body, defaultOptions),
    });
    await tellAttached(c, principal, granted.attached);
    const after = { ...settingsOf(source), counter_id: source.counterId, account_id: body.account_id ?? null };
    await deps.audit(c, principal, { action: "webhook.created", target: targetOf(source), after });
    c.set("fallbackLanguage", source.language);
    const warnings = warningsOf(granted.warnings, languageOf(c));
    return c.json({ webhook_id: source.uuid, secret, url: addressOf(source), warnings }, 201);
  });

  router.openapi(listWebhooks, async (c) => {
    const { workspaceId } = await deps.authorize(c, listWebhooks);
    const { limit, cursor } = c.req.valid("query");
    const page = await store.sources.list({ workspaceId, plugin: PLUGIN, before: decodeCursor(cursor), limit });
    const accounts = await store.accounts.ofCredentials(page.rows.map(({ credentialId }) => credentialId));
    const data = await Promise.all(page.rows.map((source) => answer(source, accounts, languageOf(c))));
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readWebhook, async (c) => {
    const source = await ownWebhook(await deps.authorize(c, readWebhook), c.req.param("webhook_id"));
    return c.json(await answerOne(source, languageOf(c)), 200);
  });

  router.openapi(updateWebhook, async (c) => {
    const principal = await deps.authorize(c, updateWebhook);
    const source = await ownWebhook(principal, c.req.param("webhook_id"));
    const body = parseBody(WebhookChange, await readJson(c.req.raw, deps.limits), webhookChecks);
    const wanted = await accessOf(principal, body);
    const access: GrantedAccess | null = wanted === null ? null : await sources.replaceAccess(source, wanted);
    await tellAttached(c, principal, access?.attached ?? null);
    const changed = await sources.change(source, {
      ...(access !== null && { credentialId: access.credentialId }),
      ...(body.name !== undefined && { name: body.name }),
      ...(body.description !== undefined && { description: body.description }),
      ...(body.is_active !== undefined && { isActive: body.is_active }),
      ...(body.delivery_paused !== undefined && { deliveryPaused: body.delivery_paused }),
      ...(body.language !== undefined && { language: body.language }),
      ...(body.time_zone !== undefined && { timeZone: body.time_zone, timeZoneFrom: "request" }),
      ...(body.default_currency !== undefined && {
        defaultCurrency: body.default_currency,
        defaultCurrencyFrom: "request",
      }),
      options: optionsOf(body, source.options),
    });
    for (const act of actsOfChange(source, changed, body)) await deps.audit(c, principal, act);
    c.set("fallbackLanguage", changed.language);
    return c.json(await answerOne(changed, languageOf(c), access?.warnings), 200);
  });

  router.openapi(deleteWebhook, async (c) => {
    const principal = await deps.authorize(c, deleteWebhook);
    const source = await ownWebhook(principal, c.req.param("webhook_id"));
    const discard = c.req.valid("query").discard === "true";
    await sources.remove(source, discard);
    const target = targetOf(source);
    await deps.audit(c, principal, {
      action: "webhook.deleted",
      target,
      before: settingsOf(source),
      after: { discard },
    });
    return c.body(null, 204);
  });

  router.openapi(cancelWebhook, async (c) => {
    const principal = await deps.authorize(c, cancelWebhook);
    const source = await ownWebhook(principal, c.req.param("webhook_id"));
    const dryRun = await readCancellation(c.req.raw, deps.limits);
    const { cancelled, notCancellable } = await sources.cancel({ sourceId: source.id }, dryRun);
    const act = { action: "webhook.queue_cancelled", target: targetOf(source), after: { cancelled } } as const;
    if (!dryRun) await deps.audit(c, principal, act);
    return c.json({ cancelled, not_cancellable: notCancellable, dry_run: dryRun }, 200);
  });

  router.openapi(rotateSecret, async (c) => {
    const principal = await deps.authorize(c, rotateSecret);
    const source = await ownWebhook(principal, c.req.param("webhook_id"));
    const secret = newSecret();
    const { previousValidUntil } = await sources.rotateSecret(source, { keeps: "hash", value: secret });
    const after = { previous_valid_until: iso(previousValidUntil) };
    await deps.audit(c, principal, { action: "webhook.secret_rotated", target: targetOf(source), after });
    return c.json({ webhook_id: source.uuid, secret, previous_valid_until: iso(previousValidUntil) }, 200);
  });

  return router;
}

interface OptionFields {
  readonly dedupe_by?: SourceOptions["dedupeBy"] | undefined;
  readonly identifiers?: SourceOptions["identifiers"] | undefined;
  readonly create_missing_goals?: boolean | undefined;
  readonly allow_personal_user_id?: boolean | undefined;
  readonly uncertain_policy?: SourceOptions["uncertainPolicy"] | undefined;
}

function optionsOf(body: OptionFields, before: SourceOptions): SourceOptions {
  return {
    ...before,
    dedupeBy: body.dedupe_by ?? before.dedupeBy,
    identifiers: body.identifiers ?? before.identifiers,
    createMissingGoals: body.create_missing_goals ?? before.createMissingGoals,
    allowPersonalUserId: body.allow_personal_user_id ?? before.allowPersonalUserId,
    uncertainPolicy: body.uncertain_policy ?? before.uncertainPolicy,
  };
}
