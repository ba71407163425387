import type { Context } from "hono";
import { type Language, quoteValue } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { openContent } from "../../core/sources/raw-intakes/content.ts";
import { replayRawIntakes as bringBack } from "../../core/sources/raw-intakes/replay-raw-intakes.ts";
import { shownContent } from "../../core/sources/raw-intakes/shown-content.ts";
import { batchUuid } from "../../core/store/public-id.ts";
import type { RawIntakeFilter, RawIntakeRecord, SourceRecord } from "../../core/store/store.ts";
import type { Principal } from "../auth/authorize.ts";
import type { Guarded } from "../auth/guarded.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { invalidFields } from "../http/field-faults.ts";
import { millisecondsOf, notAnInstant } from "../http/instant.ts";
import { parseBody } from "../http/parse-body.ts";
import { readOptionalJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";
import { listRawIntakes, readRawIntake, replayRawIntakes, revealRawIntake } from "./raw-intake-operations.ts";
import { RawIntakeReplay } from "./raw-intake-shapes.ts";
import { targetOf } from "./source-acts.ts";

const FOR_PEOPLE = ["kept", "set_aside", "failed"] as const;

/** The requests of sources' senders, and the way back for those that went wrong. */
export function rawIntakeRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, vault } = deps;

  async function ownSource(c: Context<GatewayEnv>, route: Guarded) {
    const principal = await deps.authorize(c, route);
    const source = await store.sources.findWithDeleted(c.req.param("source_id") ?? "");
    if (source?.workspaceId !== principal.workspaceId)
      throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    c.set("fallbackLanguage", source.language);
    return { principal, source };
  }

  async function ownIntake(c: Context<GatewayEnv>, route: Guarded) {
    const { principal, source } = await ownSource(c, route);
    const id = c.req.param("intake_id") ?? "";
    const intake = await store.rawIntakes.find(source.id, id);
    // Not the whole path, which would be cut off.
    if (intake === null) throw new ProblemError("not_found", { path: quoteValue(`…/raw-intakes/${id}`) });
    return { principal, source, intake };
  }

  async function whole(intake: RawIntakeRecord, language: Language, isRevealed: boolean) {
    const sealed = await store.rawIntakes.contentOf(intake.id);
    const shown = sealed === null ? null : shownContent(openContent(vault, intake.uuid, sealed), isRevealed);
    const batches = await store.rawIntakes.batchesOf(intake.id);
    return {
      ...summaryOf(intake, language),
      batch_ids: batches.map((id) => batchUuid(store.installation.uuid, id)),
      request: shown && {
        ...{ query: { ...shown.query }, headers: { ...shown.headers } },
        ...{ body: shown.body, is_truncated: shown.isTruncated },
      },
    };
  }

  router.openapi(listRawIntakes, async (c) => {
    const { source } = await ownSource(c, listRawIntakes);
    const { limit, cursor, state = null } = c.req.valid("query");
    const page = await store.rawIntakes.list({ sourceId: source.id, state, before: decodeCursor(cursor), limit });
    const data = page.rows.map((intake) => summaryOf(intake, languageOf(c)));
    const counts = { ...(await store.rawIntakes.countByState(source.id)) };
    return c.json({ data, next_cursor: encodeCursor(page.after), counts }, 200);
  });

  router.openapi(readRawIntake, async (c) => {
    const { intake } = await ownIntake(c, readRawIntake);
    return c.json(await whole(intake, languageOf(c), false), 200);
  });

  router.openapi(revealRawIntake, async (c) => {
    const { principal, source, intake } = await ownIntake(c, revealRawIntake);
    const answer = await whole(intake, languageOf(c), true);
    const after = { intake_id: intake.uuid };
    await deps.audit(c, principal, { action: "raw_intake.revealed", target: targetOf("source", source), after });
    return c.json(answer, 200);
  });

  router.openapi(replayRawIntakes, async (c) => {
    const { principal, source } = await ownSource(c, replayRawIntakes);
    const { dry_run: isDry = false, ...asked } = parseBody(
      RawIntakeReplay,
      await readOptionalJson(c.req.raw, deps.limits),
    );
    const filter = filterOf(source, asked);
    if (isDry) return c.json({ replayed: await store.rawIntakes.countReplayable(filter), dry_run: true }, 200);
    const replayed = await bringBack(deps, filter);
    deps.wakeRawIntakes();
    await tellReplay(c, principal, source, { ...asked, replayed });
    return c.json({ replayed, dry_run: false }, 200);
  });

  async function tellReplay(
    c: Context<GatewayEnv>,
    principal: Principal,
    source: SourceRecord,
    after: Readonly<Record<string, unknown>>,
  ) {
    await deps.audit(c, principal, { action: "raw_intakes.replayed", target: targetOf("source", source), after });
  }

  return router;
}

function summaryOf(intake: RawIntakeRecord, language: Language) {
  const { error, errorCode } = intake;
  return {
    intake_id: intake.uuid,
    state: intake.state,
    method: intake.method,
    bytes: intake.bytes,
    received_at: iso(intake.receivedAt),
    handled_at: isoOrNull(intake.handledAt),
    attempts: intake.attempts,
    replays: intake.replays,
    next_attempt_at: isoOrNull(intake.nextAttemptAt),
    error: errorCode === null || error === null ? null : { code: errorCode, message: error[language] },
    accepted: intake.accepted,
    duplicates: intake.duplicates,
    rejected: intake.rejected,
    leftovers: intake.leftovers.map((leftover) => ({ ...leftover, message: leftover.message[language] })),
    expires_at: isoOrNull(intake.expiresAt),
  };
}

interface AskedReplay {
  readonly states?: RawIntakeFilter["states"] | undefined;
  readonly intake_ids?: readonly string[] | undefined;
  readonly received_from?: string | undefined;
  readonly received_before?: string | undefined;
}

/** @throws {ProblemError} `invalid_field` for a text that is no instant */
function filterOf(source: SourceRecord, asked: AskedReplay): RawIntakeFilter {
  return {
    sourceId: source.id,
    states: asked.states ?? FOR_PEOPLE,
    uuids: asked.intake_ids ?? null,
    receivedFrom: instantOf("received_from", asked.received_from),
    receivedBefore: instantOf("received_before", asked.received_before),
  };
}

function instantOf(field: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const at = millisecondsOf(text);
  if (at !== null) return at;
  const params = { received: quoteValue(text) };
  throw invalidFields([{ field, code: "instant_format", sentence: notAnInstant, params }]);
}
