import type { Context } from "hono";
import { type Language, quoteValue } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { batchUuid } from "../../core/store/public-id.ts";
import type { RunRecord, SourceRecord } from "../../core/store/store.ts";
import type { Guarded } from "../auth/guarded.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { parseBody } from "../http/parse-body.ts";
import { readOptionalJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";
import { cancelRun, listRuns, readRun, startRun } from "./run-operations.ts";
import { NewRun } from "./run-shapes.ts";
import { targetOf } from "./source-acts.ts";

const MOST_BATCHES = 100;

/** What sources do by the clock, or now because a person asks. */
export function runRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, catalogue } = deps;

  /** What a deleted source did can still be read. */
  async function ownSource(c: Context<GatewayEnv>, route: Guarded, find = store.sources.findWithDeleted) {
    const principal = await deps.authorize(c, route);
    const source = await find(c.req.param("source_id") ?? "");
    if (source?.workspaceId !== principal.workspaceId)
      throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    c.set("fallbackLanguage", source.language);
    return { principal, source };
  }

  async function ownRun(c: Context<GatewayEnv>, route: Guarded) {
    const { principal, source } = await ownSource(c, route);
    const id = c.req.param("run_id") ?? "";
    const run = await store.runs.find(source.id, id);
    // Not the whole path, which would be cut off.
    if (run === null) throw new ProblemError("not_found", { path: quoteValue(`…/runs/${id}`) });
    return { principal, source, run };
  }

  /** @throws {ProblemError} that says why the source has nothing to run */
  function requireRunnable(source: SourceRecord, isDry: boolean): void {
    const plugin = catalogue.find(source.plugin)?.plugin;
    if (!plugin) throw new ProblemError("plugin_unlisted", { plugin: source.plugin });
    if (!plugin.schedule) throw new ProblemError("run_unavailable", { plugin: plugin.name });
    const opened = deps.openConfig(source);
    if (!opened.ok) throw new ProblemError("source_waiting", { reason: opened.reason });
    if (!source.isActive && !isDry) throw new ProblemError("source_disabled");
  }

  async function whole(source: SourceRecord, run: RunRecord, language: Language) {
    const batches = await store.runs.batchesOf(run.id, MOST_BATCHES);
    const shown = run.report?.conversions;
    return {
      ...summaryOf(source, run, language),
      leftovers: run.leftovers.map((leftover) => ({ ...leftover, message: leftover.message[language] })),
      batch_ids: batches.map((id) => batchUuid(store.installation.uuid, id)),
      would_emit: Array.isArray(shown) ? (shown as Record<string, unknown>[]) : null,
    };
  }

  router.openapi(startRun, async (c) => {
    const { principal, source } = await ownSource(c, startRun, store.sources.findByUuid);
    const { dry_run: isDry = false } = parseBody(NewRun, await readOptionalJson(c.req.raw, deps.limits));
    requireRunnable(source, isDry);
    const kind = isDry ? "dry_run" : "manual";
    const now = deps.now();
    const run = await store.runs.create({
      ...{ uuid: deps.newUuid(), sourceId: source.id, kind, input: {}, dueAt: now, now },
    });
    if (run === null) throw new ProblemError("run_under_way", { path: `/v1/sources/${source.uuid}/runs` });
    deps.runs.wake();
    const after = { run_id: run.uuid, dry_run: isDry };
    await deps.audit(c, principal, { action: "source.run_started", target: targetOf("source", source), after });
    return c.json(await whole(source, run, languageOf(c)), 202);
  });

  router.openapi(listRuns, async (c) => {
    const { source } = await ownSource(c, listRuns);
    const { limit, cursor } = c.req.valid("query");
    const page = await store.runs.list({ sourceId: source.id, before: decodeCursor(cursor), limit });
    const data = page.rows.map((run) => summaryOf(source, run, languageOf(c)));
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readRun, async (c) => {
    const { source, run } = await ownRun(c, readRun);
    return c.json(await whole(source, run, languageOf(c)), 200);
  });

  router.openapi(cancelRun, async (c) => {
    const { principal, source, run } = await ownRun(c, cancelRun);
    const isCancelled = await store.runs.cancel(run.id, deps.now());
    const now = (await store.runs.find(source.id, run.uuid)) ?? run;
    if (!isCancelled) throw new ProblemError("run_ended", { state: now.state });
    deps.runs.stopRun(run.id);
    const after = { run_id: run.uuid };
    await deps.audit(c, principal, { action: "source.run_cancelled", target: targetOf("source", source), after });
    return c.json(await whole(source, now, languageOf(c)), 200);
  });

  return router;
}

function summaryOf(source: SourceRecord, run: RunRecord, language: Language) {
  const { error, errorCode } = run;
  return {
    run_id: run.uuid,
    source_id: source.uuid,
    kind: run.kind,
    state: run.state,
    due_at: iso(run.dueAt),
    next_attempt_at: isoOrNull(run.nextAttemptAt),
    attempts: run.attempts,
    progress: { done: run.done, total: run.total },
    accepted: run.accepted,
    duplicates: run.duplicates,
    rejected: run.rejected,
    error: errorCode === null || error === null ? null : { code: errorCode, message: error[language] },
    created_at: iso(run.createdAt),
    started_at: isoOrNull(run.startedAt),
    ended_at: isoOrNull(run.endedAt),
  };
}
