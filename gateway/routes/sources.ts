import { quoteValue } from "../../core/language.ts";
import { iso } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { checkSource } from "../../core/sources/check-source.ts";
import { type ConfigFields, takeOut } from "../../core/sources/config-paths.ts";
import { accessWarnings, unseenCounters } from "../../core/sources/counter-access.ts";
import { defaultOptions } from "../../core/sources/default-options.ts";
import { currentSecrets, keptConfig, shownConfig } from "../../core/sources/kept-config.ts";
import type { ListedPlugin } from "../../core/sources/plugin-catalogue.ts";
import type { SourceAccess } from "../../core/sources/source-access.ts";
import { verifierOf } from "../../core/sources/source-verifier.ts";
import type { SourceRecord } from "../../core/store/store.ts";
import type { Principal } from "../auth/authorize.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson, readOptionalJson } from "../http/read-json.ts";
import { readCancellation } from "./cancellation.ts";
import { accessOf, tellAttached } from "./chosen-access.ts";
import { optionsOf, settingsChange } from "./chosen-options.ts";
import type { RouteDeps } from "./deps.ts";
import { actsOfChange, sourceSettingsOf, targetOf } from "./source-acts.ts";
import { tokenWarnings } from "./source-answers.ts";
import { sourceChecks } from "./source-fields.ts";
import {
  chooseSecret,
  countersUnseen,
  furtherCounters,
  pluginUnknown,
  readConfig,
  requireSchedule,
  secretOfSender,
} from "./source-input.ts";
import {
  cancelSource,
  checkConnection,
  createSource,
  deleteSource,
  listSources,
  readSource,
  rotateSourceSecret,
  updateSource,
} from "./source-operations.ts";
import { createSourcePages } from "./source-page.ts";
import { NewSource, Rotation, SourceChangeBody } from "./source-shapes.ts";

/** Sources of every plugin: made, read, changed, checked and deleted while the gateway runs. */
export function sourceRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, sources, catalogue, vault } = deps;
  const pages = createSourcePages(deps);

  async function ownSource({ workspaceId }: Principal, id: string): Promise<SourceRecord> {
    const source = await store.sources.findByUuid(id);
    if (source?.workspaceId === workspaceId) return source;
    throw new ProblemError("not_found", { path: quoteValue(`/v1/sources/${id}`) });
  }

  function listedOf({ plugin }: SourceRecord): ListedPlugin {
    const listed = catalogue.find(plugin);
    if (listed === null) throw new ProblemError("plugin_unlisted", { plugin });
    return listed;
  }

  async function requireSeen(access: SourceAccess | SourceRecord, given: readonly number[], own: number) {
    const counters = furtherCounters(given, own);
    const unseen = await unseenCounters(deps, access, counters);
    if (unseen.length > 0) throw countersUnseen(unseen, given);
    return counters;
  }

  /** A config in place of the one before; `replaced` names the secrets that are no longer what they were. */
  function revise(source: SourceRecord, listed: ListedPlugin, given: ConfigFields) {
    const before = currentSecrets(vault, source, listed);
    const { whole } = readConfig(listed, given, before);
    const after = takeOut(whole, listed.secrets).taken;
    const replaced = listed.secrets.filter((path) => (before.get(path) ?? null) !== (after.get(path) ?? null));
    return { kept: keptConfig(vault, source.uuid, listed, whole), replaced };
  }

  /** A source as the audit tells it. */
  const toldState = (source: SourceRecord, replaced: readonly string[] = []) => ({
    source,
    settings: sourceSettingsOf(source, shownConfig(vault, source, catalogue.find(source.plugin)).config, replaced),
  });

  router.openapi(createSource, async (c) => {
    const principal = await deps.authorize(c, createSource);
    const body = parseBody(NewSource, await readJson(c.req.raw, deps.limits), sourceChecks);
    const listed = catalogue.find(body.plugin);
    if (listed === null) throw pluginUnknown(body.plugin);
    const { plugin } = listed;
    const { whole, config } = readConfig(listed, body.config ?? {}, new Map());
    requireSchedule(plugin, body.schedule);
    const verifier = verifierOf(plugin, { ok: true, config });
    const chosen = chooseSecret(plugin, verifier, body.secret);
    const access = await accessOf(store, principal, body);
    if (access === null) throw new Error("A source without a token and an account passed its schema.");
    const counters = await requireSeen(access, body.counters ?? [], body.counter_id);
    const { source, access: granted } = await sources.create(principal.workspaceId, {
      plugin: plugin.name,
      config: whole,
      secret: chosen?.secret ?? null,
      name: body.name,
      description: body.description ?? null,
      counterId: body.counter_id,
      access,
      timeZone: body.time_zone ?? null,
      defaultCurrency: body.default_currency ?? null,
      language: body.language ?? "ru",
      options: { ...optionsOf(body, { ...defaultOptions, ...plugin.defaults }), counters },
      schedule: body.schedule ?? null,
    });
    await tellAttached(deps, [c, principal], granted.attached);
    const told = { plugin: plugin.name, counter_id: source.counterId, account_id: body.account_id ?? null };
    const after = { ...told, ...toldState(source).settings };
    await deps.audit(c, principal, { action: "source.created", target: targetOf("source", source), after });
    c.set("fallbackLanguage", source.language);
    const answer = await pages.answer(source, languageOf(c), granted.warnings);
    const secret = chosen?.isOurs ? chosen.secret.value : null;
    return c.json({ ...answer, secret, urls: [...pages.addresses(source, secret)] }, 201);
  });

  router.openapi(listSources, async (c) => {
    const { workspaceId } = await deps.authorize(c, listSources);
    const { limit, cursor, plugin = null } = c.req.valid("query");
    const page = await store.sources.list({ workspaceId, plugin, before: decodeCursor(cursor), limit });
    const data = await pages.answers(page.rows, languageOf(c));
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readSource, async (c) => {
    const source = await ownSource(await deps.authorize(c, readSource), c.req.param("source_id"));
    return c.json(await pages.answer(source, languageOf(c)), 200);
  });

  router.openapi(updateSource, async (c) => {
    const principal = await deps.authorize(c, updateSource);
    const source = await ownSource(principal, c.req.param("source_id"));
    const body = parseBody(SourceChangeBody, await readJson(c.req.raw, deps.limits), sourceChecks);
    // Without its plugin nobody can judge these.
    const needsPlugin = body.config !== undefined || body.schedule !== undefined || body.is_active === true;
    const listed = needsPlugin ? listedOf(source) : null;
    const revised = listed && body.config ? revise(source, listed, body.config) : null;
    if (listed) requireSchedule(listed.plugin, body.schedule);
    const wanted = await accessOf(store, principal, body);
    const asked = body.counters ?? (wanted === null ? [] : source.options.counters);
    const seen = await requireSeen(wanted ?? source, asked, source.counterId);
    const access = wanted === null ? null : await sources.replaceAccess(source, wanted);
    await tellAttached(deps, [c, principal], access?.attached ?? null);
    const counters = body.counters === undefined ? source.options.counters : seen;
    const changed = await sources.change(source, {
      ...(access !== null && { credentialId: access.credentialId }),
      ...settingsChange(body),
      ...revised?.kept,
      ...(body.schedule !== undefined && { schedule: body.schedule }),
      options: { ...optionsOf(body, source.options), counters },
    });
    for (const act of actsOfChange("source", toldState(source), toldState(changed, revised?.replaced), body))
      await deps.audit(c, principal, act);
    c.set("fallbackLanguage", changed.language);
    return c.json(await pages.answer(changed, languageOf(c), access?.warnings), 200);
  });

  router.openapi(deleteSource, async (c) => {
    const principal = await deps.authorize(c, deleteSource);
    const source = await ownSource(principal, c.req.param("source_id"));
    const discard = c.req.valid("query").discard === "true";
    await sources.remove(source, discard);
    const { settings: before } = toldState(source);
    const target = targetOf("source", source);
    await deps.audit(c, principal, { action: "source.deleted", target, before, after: { discard } });
    return c.body(null, 204);
  });

  router.openapi(cancelSource, async (c) => {
    const principal = await deps.authorize(c, cancelSource);
    const source = await ownSource(principal, c.req.param("source_id"));
    const dryRun = await readCancellation(c.req.raw, deps.limits);
    const { cancelled, notCancellable } = await sources.cancel({ sourceId: source.id }, dryRun);
    const target = targetOf("source", source);
    if (!dryRun) await deps.audit(c, principal, { action: "source.queue_cancelled", target, after: { cancelled } });
    return c.json({ cancelled, not_cancellable: notCancellable, dry_run: dryRun }, 200);
  });

  router.openapi(rotateSourceSecret, async (c) => {
    const principal = await deps.authorize(c, rotateSourceSecret);
    const source = await ownSource(principal, c.req.param("source_id"));
    const { secret: given } = parseBody(Rotation, await readOptionalJson(c.req.raw, deps.limits), sourceChecks);
    const { plugin } = listedOf(source);
    if (plugin.verify === null) throw new ProblemError("secret_unused", { plugin: plugin.name });
    const opened = deps.openConfig(source);
    if (typeof plugin.verify === "function" && !opened.ok)
      throw new ProblemError("source_waiting", { reason: opened.reason });
    const chosen = chooseSecret(plugin, verifierOf(plugin, opened), given);
    if (chosen === null) throw secretOfSender(plugin);
    const { previousValidUntil } = await sources.rotateSecret(source, chosen.secret);
    const after = { previous_valid_until: iso(previousValidUntil) };
    await deps.audit(c, principal, { action: "source.secret_rotated", target: targetOf("source", source), after });
    const secret = chosen.isOurs ? chosen.secret.value : null;
    return c.json({ source_id: source.uuid, secret, ...after, urls: [...pages.addresses(source, secret)] }, 200);
  });

  router.openapi(checkConnection, async (c) => {
    const principal = await deps.authorize(c, checkConnection);
    const source = await ownSource(principal, c.req.param("source_id"));
    const { plugin } = listedOf(source);
    if (plugin.check === undefined) throw new ProblemError("check_unavailable", { plugin: plugin.name });
    const opened = deps.openConfig(source);
    if (!opened.ok) throw new ProblemError("source_waiting", { reason: opened.reason });
    const language = languageOf(c);
    const [health, doubts] = await Promise.all([
      checkSource(deps.contexts, plugin.check.bind(plugin), source, opened.config),
      accessWarnings(deps, source),
    ]);
    const checks = health.checks.map(({ message, ...found }) => ({ ...found, message: message[language] }));
    const metrika = { ok: doubts.length === 0, warnings: tokenWarnings(doubts, language) };
    const ok = metrika.ok && checks.every((check) => check.ok);
    await deps.audit(c, principal, { action: "source.checked", target: targetOf("source", source), after: { ok } });
    return c.json({ source_id: source.uuid, ok, checks, metrika, checked_at: iso(deps.now()) }, 200);
  });

  return router;
}
