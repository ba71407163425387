import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as v from "valibot";
import { quoteValue } from "../../core/language.ts";
import { Attempt, BatchRow, BatchStatus, Upload } from "../../core/plugin/answer-schemas.ts";
import { batchAnswer, iso, rowAnswer, uploadAnswer } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { uploadStates } from "../../core/store/port/uploads.ts";
import type { BatchRecord, SourceRecord } from "../../core/store/store.ts";
import type { Principal } from "../auth/authorize.ts";
import { accessProblems, type Guarded, guarded } from "../auth/guarded.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../http/cursor.ts";
import { readCancellation } from "./cancellation.ts";
import type { RouteDeps } from "./deps.ts";
import { Cancellation, Cancelled, pageOf } from "./webhook-shapes.ts";

/** Refused rows, and warnings, that a list tells of each batch. */
const LISTED_FINDINGS = 10;
const tags = ["Batches and uploads"];
const refusals = problemResponses(...accessProblems, "not_found", "invalid_field");

const listBatches = createRoute({
  method: "get",
  path: "/v1/webhooks/{webhook_id}/batches",
  operationId: "listBatches",
  tags,
  ...guarded("read"),
  summary: "List the batches of a webhook, newest first",
  description: "Of each batch the first ten refused rows and warnings; the batch itself tells more.",
  request: { params: z.object({ webhook_id: z.string() }), query: z.object(pageQuery) },
  responses: { 200: jsonResponse(pageOf("Batch", BatchStatus), { description: "A page" }), ...refusals },
});

const readBatch = createRoute({
  method: "get",
  path: "/v1/batches/{batch_id}",
  operationId: "readBatch",
  tags,
  ...guarded("read"),
  summary: "Read a batch",
  request: { params: z.object({ batch_id: z.string() }) },
  responses: { 200: jsonResponse(BatchStatus, { description: "The batch" }), ...refusals },
});

const listRows = createRoute({
  method: "get",
  path: "/v1/batches/{batch_id}/rows",
  operationId: "listBatchRows",
  tags,
  ...guarded("read"),
  summary: "List the rows of a batch, each with its fate",
  request: { params: z.object({ batch_id: z.string() }), query: z.object(pageQuery) },
  responses: {
    200: jsonResponse(pageOf("BatchRow", BatchRow), { description: "A page, in the order of the request" }),
    ...refusals,
  },
});

const cancelBatch = createRoute({
  method: "post",
  path: "/v1/batches/{batch_id}/cancel",
  operationId: "cancelBatch",
  tags,
  ...guarded("edit"),
  summary: "Cancel the conversions of a batch that are not on their way",
  description: "A cancelled conversion is sent when it is posted again, or replayed.",
  request: {
    params: z.object({ batch_id: z.string() }),
    body: jsonBody(Cancellation, { description: "May be left out", example: { dry_run: true } }),
  },
  responses: {
    200: jsonResponse(Cancelled, { description: "How many were cancelled, or would be" }),
    ...refusals,
    ...problemResponses("malformed_json"),
  },
});

const listUploads = createRoute({
  method: "get",
  path: "/v1/uploads",
  operationId: "listUploads",
  tags,
  ...guarded("read"),
  summary: "List uploads to Metrika, newest first",
  request: {
    query: z.object({
      ...pageQuery,
      counter_id: z.coerce.number().int().min(1).optional(),
      state: z.enum(uploadStates).optional(),
    }),
  },
  responses: { 200: jsonResponse(pageOf("Upload", Upload), { description: "A page" }), ...refusals },
});

const UploadWithAttempts = v.object({ ...Upload.entries, history: v.array(Attempt) });

const readUpload = createRoute({
  method: "get",
  path: "/v1/uploads/{upload_id}",
  operationId: "readUpload",
  tags,
  ...guarded("read"),
  summary: "Read an upload with its attempts",
  request: { params: z.object({ upload_id: z.string() }) },
  responses: { 200: jsonResponse(UploadWithAttempts, { description: "The upload" }), ...refusals },
});

/** Batches, their rows, and the files they went to Metrika in. */
export function batchRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, vault } = deps;
  const notFound = (c: Context<GatewayEnv>) => new ProblemError("not_found", { path: quoteValue(c.req.path) });

  async function ownBatch(
    c: Context<GatewayEnv>,
    route: Guarded,
  ): Promise<{ principal: Principal; batch: BatchRecord; source: SourceRecord }> {
    const principal = await deps.authorize(c, route);
    const batch = await store.batches.findByUuid(c.req.param("batch_id") ?? "");
    const source = batch && (await store.sources.get(batch.sourceId));
    if (!batch || source?.workspaceId !== principal.workspaceId) throw notFound(c);
    c.set("fallbackLanguage", source.language);
    return { principal, batch, source };
  }

  const tell = (c: Context<GatewayEnv>, batch: BatchRecord, source: SourceRecord, most?: number) =>
    batchAnswer({ store, vault }, batch, source, languageOf(c), deps.now(), most);

  router.openapi(listBatches, async (c) => {
    const { workspaceId } = await deps.authorize(c, listBatches);
    const source = await store.sources.findByUuid(c.req.param("webhook_id"));
    if (source?.workspaceId !== workspaceId) throw notFound(c);
    c.set("fallbackLanguage", source.language);
    const { limit, cursor } = c.req.valid("query");
    const page = await store.batches.list({ sourceId: source.id, before: decodeCursor(cursor), limit });
    const data = await Promise.all(page.rows.map((batch) => tell(c, batch, source, LISTED_FINDINGS)));
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readBatch, async (c) => {
    const { batch, source } = await ownBatch(c, readBatch);
    return c.json(await tell(c, batch, source), 200);
  });

  router.openapi(listRows, async (c) => {
    const { batch } = await ownBatch(c, listRows);
    const { limit, cursor } = c.req.valid("query");
    const page = await store.batches.rowsOf(batch.id, decodeCursor(cursor) ?? -1, limit);
    const data = page.rows.map((row) =>
      rowAnswer(row, batch.sourceUuid, vault, languageOf(c), store.installation.uuid),
    );
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(cancelBatch, async (c) => {
    const { principal, batch } = await ownBatch(c, cancelBatch);
    const dryRun = await readCancellation(c.req.raw, deps.limits);
    const { cancelled, notCancellable } = await deps.sources.cancel({ batchId: batch.id }, dryRun);
    const target = { kind: "batch", id: batch.uuid, name: null };
    if (!dryRun) await deps.audit(c, principal, { action: "batch.cancelled", target, after: { cancelled } });
    return c.json({ cancelled, not_cancellable: notCancellable, dry_run: dryRun }, 200);
  });

  router.openapi(listUploads, async (c) => {
    const { workspaceId } = await deps.authorize(c, listUploads);
    const { limit, cursor, counter_id, state } = c.req.valid("query");
    const filter = { workspaceId, counterId: counter_id ?? null, state: state ?? null };
    const page = await store.uploads.list({ ...filter, before: decodeCursor(cursor), limit });
    const links = await store.uploads.replayLinksOf(page.rows.map(({ id }) => id));
    const data = page.rows.map((upload) => uploadAnswer(upload, links.get(upload.id)));
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readUpload, async (c) => {
    const { workspaceId } = await deps.authorize(c, readUpload);
    const upload = await store.uploads.findByUuid(c.req.param("upload_id"));
    if (upload?.workspaceId !== workspaceId) throw notFound(c);
    const attempts = await store.uploads.attemptsOf(upload.id);
    const history = attempts.map(({ kind, startedAt, endedAt, outcome, code, detail }) => ({
      kind,
      started_at: iso(startedAt),
      ended_at: iso(endedAt),
      outcome,
      code,
      detail,
    }));
    const links = await store.uploads.replayLinksOf([upload.id]);
    return c.json({ ...uploadAnswer(upload, links.get(upload.id)), history }, 200);
  });

  return router;
}
