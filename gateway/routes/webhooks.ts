import type { TokenWarning } from "../../core/accounts/check-token.ts";
import { type Language, quoteValue } from "../../core/language.ts";
import { iso } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { defaultOptions } from "../../core/sources/default-options.ts";
import type { GrantedAccess } from "../../core/sources/source-access.ts";
import type { AccountRecord, SourceRecord } from "../../core/store/store.ts";
import { newSecret } from "../../core/vault/secrets.ts";
import type { Principal } from "../auth/authorize.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import { readCancellation } from "./cancellation.ts";
import { accessOf, tellAttached } from "./chosen-access.ts";
import { optionsOf, settingsChange } from "./chosen-options.ts";
import type { RouteDeps } from "./deps.ts";
import { actsOfChange, settingsOf, type ToldState, targetOf } from "./source-acts.ts";
import { settingsAnswer, sourceWarnings } from "./source-answers.ts";
import { sourceChecks } from "./source-fields.ts";
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
import { NewWebhook, WebhookChange } from "./webhook-shapes.ts";

const PLUGIN = "webhook-offline";

const toldState = (source: SourceRecord): ToldState => ({ source, settings: settingsOf(source) });

/** Webhooks: made as specified, kept under /v1. */
export function webhookRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, sources } = deps;

  async function ownWebhook(principal: Principal, id: string): Promise<SourceRecord> {
    const source = await store.sources.findByUuid(id);
    if (source?.workspaceId === principal.workspaceId && source.plugin === PLUGIN) return source;
    throw new ProblemError("not_found", { path: quoteValue(`/v1/webhooks/${id}`) });
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
    const account = accounts.get(source.credentialId) ?? null;
    return {
      webhook_id: source.uuid,
      name: source.name,
      description: source.description,
      counter_id: source.counterId,
      url: addressOf(source),
      ...settingsAnswer(source, { credential, account }),
      warnings: warningsOf(doubts, language),
    };
  }

  const warningsOf = (doubts: readonly TokenWarning[], language: Language) =>
    sourceWarnings(deps.publicUrl, doubts, language);

  const addressOf = (source: SourceRecord) => `${deps.publicUrl}${BASE_PATH}/${source.uuid}`;

  router.openapi(createWebhook, async (c) => {
    const principal = await deps.authorize(c, createWebhook);
    const body = parseBody(NewWebhook, await readJson(c.req.raw, deps.limits), sourceChecks);
    const access = await accessOf(store, principal, body);
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
    await tellAttached(deps, [c, principal], granted.attached);
    const after = { ...settingsOf(source), counter_id: source.counterId, account_id: body.account_id ?? null };
    await deps.audit(c, principal, { action: "webhook.created", target: targetOf("webhook", source), after });
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
    const body = parseBody(WebhookChange, await readJson(c.req.raw, deps.limits), sourceChecks);
    const wanted = await accessOf(store, principal, body);
    const access: GrantedAccess | null = wanted === null ? null : await sources.replaceAccess(source, wanted);
    await tellAttached(deps, [c, principal], access?.attached ?? null);
    const changed = await sources.change(source, {
      ...(access !== null && { credentialId: access.credentialId }),
      ...settingsChange(body),
      options: optionsOf(body, source.options),
    });
    for (const act of actsOfChange("webhook", toldState(source), toldState(changed), body))
      await deps.audit(c, principal, act);
    c.set("fallbackLanguage", changed.language);
    return c.json(await answerOne(changed, languageOf(c), access?.warnings), 200);
  });

  router.openapi(deleteWebhook, async (c) => {
    const principal = await deps.authorize(c, deleteWebhook);
    const source = await ownWebhook(principal, c.req.param("webhook_id"));
    const discard = c.req.valid("query").discard === "true";
    await sources.remove(source, discard);
    const target = targetOf("webhook", source);
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
    const act = {
      action: "webhook.queue_cancelled",
      target: targetOf("webhook", source),
      after: { cancelled },
    } as const;
    if (!dryRun) await deps.audit(c, principal, act);
    return c.json({ cancelled, not_cancellable: notCancellable, dry_run: dryRun }, 200);
  });

  router.openapi(rotateSecret, async (c) => {
    const principal = await deps.authorize(c, rotateSecret);
    const source = await ownWebhook(principal, c.req.param("webhook_id"));
    const secret = newSecret();
    const { previousValidUntil } = await sources.rotateSecret(source, { keeps: "hash", value: secret });
    const after = { previous_valid_until: iso(previousValidUntil) };
    await deps.audit(c, principal, { action: "webhook.secret_rotated", target: targetOf("webhook", source), after });
    return c.json({ webhook_id: source.uuid, secret, previous_valid_until: iso(previousValidUntil) }, 200);
  });

  return router;
}
