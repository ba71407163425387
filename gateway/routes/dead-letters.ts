import type { Context } from "hono";
import { sayFailed, sayRowsAside } from "../../core/delivery/batch-report.ts";
import { beginReplay, countDeadLetters } from "../../core/delivery/replay.ts";
import { quoteValue } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import type { DeadLetterFilter, DeadLetterGroup, DeadLetterReason, ReplayRecord } from "../../core/store/store.ts";
import type { Principal } from "../auth/authorize.ts";
import type { Guarded } from "../auth/guarded.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, decodeGroupCursor, encodeCursor, encodeGroupCursor } from "../http/cursor.ts";
import { invalidFields } from "../http/field-faults.ts";
import { millisecondsOf } from "../http/instant.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import { cancelReplay, createReplay, listDeadLetters, listReplays, readReplay } from "./dead-letter-operations.ts";
import { filterChecks, NewReplay } from "./dead-letter-shapes.ts";
import type { RouteDeps } from "./deps.ts";

/** A filter as it is asked for. */
interface AskedFilter {
  readonly reason?: DeadLetterReason | undefined;
  readonly webhook_id?: string | undefined;
  readonly counter_id?: number | undefined;
  readonly batch_id?: string | undefined;
  readonly upload_id?: string | undefined;
  readonly target?: string | undefined;
  readonly received_from?: string | undefined;
  readonly received_before?: string | undefined;
}

const faultOf = (field: string, code: keyof typeof filterChecks, received: string) =>
  invalidFields([{ field, code, sentence: filterChecks[code], params: { received: quoteValue(received) } }]);

/** @throws {ProblemError} `invalid_field` */
function instantOf(field: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const at = millisecondsOf(text);
  if (at === null) throw faultOf(field, "instant_format", text);
  return at;
}

/** What was given up, and the way back. */
export function deadLetterRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store } = deps;

  /** @throws {ProblemError} `invalid_field` for an id that this workspace does not have */
  async function idOf<Found extends { readonly id: number }>(
    field: string,
    uuid: string | undefined,
    find: (uuid: string) => Promise<Found | null>,
    isOwn: (found: Found) => boolean | Promise<boolean>,
  ): Promise<number | null> {
    if (uuid === undefined) return null;
    const found = await find(uuid);
    if (found === null || !(await isOwn(found))) throw faultOf(field, "no_such", uuid);
    return found.id;
  }

  async function filterOf(workspaceId: number, asked: AskedFilter): Promise<DeadLetterFilter> {
    const { sources, batches, uploads } = store;
    const isOwn = (found: { readonly workspaceId: number } | null) => found?.workspaceId === workspaceId;
    return {
      reasons: asked.reason === undefined ? null : [asked.reason],
      sourceId: await idOf("webhook_id", asked.webhook_id, sources.findWithDeleted, isOwn),
      counterId: asked.counter_id ?? null,
      batchId: await idOf("batch_id", asked.batch_id, batches.findByUuid, async ({ sourceId }) =>
        isOwn(await sources.get(sourceId)),
      ),
      uploadId: await idOf("upload_id", asked.upload_id, uploads.findByUuid, isOwn),
      target: asked.target ?? null,
      receivedFrom: instantOf("received_from", asked.received_from),
      receivedBefore: instantOf("received_before", asked.received_before),
    };
  }

  async function tellGroup(c: Context<GatewayEnv>, group: DeadLetterGroup) {
    const { reason, upload, target, rows, at } = group;
    const goals = upload ? [] : ((await store.goals.get(group.workspaceId, group.counterId))?.identifiers ?? []);
    return {
      reason,
      counter_id: group.counterId,
      rows,
      code: upload ? (upload.errorCode ?? reason) : reason,
      message: upload
        ? sayFailed(upload, languageOf(c))
        : sayRowsAside({ target: target ?? "", reason: reason as "cancelled", rows }, goals, languageOf(c)),
      upload_id: upload?.uuid ?? null,
      failed_at: upload ? iso(at) : null,
      webhook_id: group.sourceUuid,
      target,
      received_at: upload ? null : iso(at),
    };
  }

  async function tellReplay(replay: ReplayRecord) {
    const { filter } = replay;
    const source = filter.sourceId === null ? null : await store.sources.get(filter.sourceId);
    const batch = filter.batchId === null ? null : await store.batches.get(filter.batchId);
    const upload = filter.uploadId === null ? null : await store.uploads.get(filter.uploadId);
    return {
      replay_id: replay.uuid,
      state: replay.state,
      filter: {
        reason: filter.reasons?.[0] ?? null,
        webhook_id: source?.uuid ?? null,
        counter_id: filter.counterId,
        batch_id: batch?.uuid ?? null,
        upload_id: upload?.uuid ?? null,
        target: filter.target,
        received_from: isoOrNull(filter.receivedFrom),
        received_before: isoOrNull(filter.receivedBefore),
      },
      matched: replay.matched,
      replayed: replay.replayed,
      created_at: iso(replay.createdAt),
      updated_at: iso(replay.updatedAt),
      ended_at: isoOrNull(replay.endedAt),
    };
  }

  const targetOf = ({ uuid }: ReplayRecord) => ({ kind: "replay", id: uuid, name: null });

  async function ownReplay(
    c: Context<GatewayEnv>,
    route: Guarded,
  ): Promise<{ principal: Principal; replay: ReplayRecord }> {
    const principal = await deps.authorize(c, route);
    const replay = await store.replays.findByUuid(c.req.param("replay_id") ?? "");
    if (replay?.workspaceId === principal.workspaceId) return { principal, replay };
    throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
  }

  router.openapi(listDeadLetters, async (c) => {
    const { workspaceId } = await deps.authorize(c, listDeadLetters);
    const { limit, cursor, ...asked } = c.req.valid("query");
    const filter = await filterOf(workspaceId, asked);
    const page = await store.deadLetters.groups({ workspaceId, filter, before: decodeGroupCursor(cursor), limit });
    const data = await Promise.all(page.rows.map((group) => tellGroup(c, group)));
    return c.json({ data, next_cursor: encodeGroupCursor(page.after) }, 200);
  });

  router.openapi(createReplay, async (c) => {
    const principal = await deps.authorize(c, createReplay);
    const { workspaceId } = principal;
    const { dry_run: dryRun, ...asked } = parseBody(NewReplay, await readJson(c.req.raw, deps.limits));
    const filter = await filterOf(workspaceId, asked);
    if (!dryRun) {
      const replay = await beginReplay(deps, workspaceId, filter);
      const after = { ...asked, matched: replay.matched };
      await deps.audit(c, principal, { action: "replay.started", target: targetOf(replay), after });
      return c.json(await tellReplay(replay), 202);
    }
    const counts = await countDeadLetters(deps, workspaceId, filter);
    const rows = counts.failed + counts.goal_not_found + counts.cancelled;
    return c.json({ dry_run: true as const, rows, by_reason: counts }, 200);
  });

  router.openapi(listReplays, async (c) => {
    const { workspaceId } = await deps.authorize(c, listReplays);
    const { limit, cursor } = c.req.valid("query");
    const page = await store.replays.list({ workspaceId, before: decodeCursor(cursor), limit });
    return c.json({ data: await Promise.all(page.rows.map(tellReplay)), next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readReplay, async (c) => c.json(await tellReplay((await ownReplay(c, readReplay)).replay), 200));

  router.openapi(cancelReplay, async (c) => {
    const { principal, replay } = await ownReplay(c, cancelReplay);
    const ended = await store.replays.cancel(replay.id, deps.now());
    if (replay.state === "running" && ended.state === "cancelled") {
      const after = { replayed: ended.replayed };
      await deps.audit(c, principal, { action: "replay.cancelled", target: targetOf(ended), after });
    }
    return c.json(await tellReplay(ended), 200);
  });

  return router;
}
