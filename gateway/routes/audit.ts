import { createRoute, z } from "@hono/zod-openapi";
import { allEvents, findEvents } from "../../core/audit/find-events.ts";
import type { Language } from "../../core/language.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { AuditEvent } from "../../core/store/store.ts";
import { maskText } from "../../core/vault/mask.ts";
import type { ToldAct } from "../auth/audit-of.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import { decodeAuditCursor, encodeAuditCursor, pageQuery } from "../http/cursor.ts";
import { type ExportFormat, exportFormats, exportHead, exportLines, mediaTypes } from "./audit-export.ts";
import { AuditEventAnswer, auditQuery, eventAnswer, questionOf } from "./audit-shapes.ts";
import type { RouteDeps } from "./deps.ts";
import { pageOf } from "./webhook-shapes.ts";

/** Events read and written at once in an export. */
const PIECE = 500;
const tags = ["Audit"];
const refusals = problemResponses(...accessProblems, "invalid_field");

const listEvents = createRoute({
  method: "get",
  path: "/v1/audit-events",
  operationId: "listAuditEvents",
  tags,
  ...guarded("administer"),
  summary: "List who did what, newest first",
  description:
    "Admins of the first workspace also see what concerns the whole installation. With `text` a page may be short, even empty: go on while there is a `next_cursor`.",
  request: { query: z.object({ ...pageQuery, ...auditQuery }) },
  responses: { 200: jsonResponse(pageOf("AuditEvent", AuditEventAnswer), { description: "A page" }), ...refusals },
});

const exportEvents = createRoute({
  method: "get",
  path: "/v1/audit-events/export",
  operationId: "exportAuditEvents",
  tags,
  ...guarded("administer"),
  summary: "Export who did what, newest first",
  description:
    "Everything that the filters let through, in one file. In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe. The export is itself an event of the audit.",
  request: {
    query: z.object({
      ...auditQuery,
      format: z.enum(exportFormats).default("csv"),
      bom: z
        .enum(["true", "false"])
        .default("false")
        .openapi({ description: "CSV with a byte order mark, by which Excel knows UTF-8" }),
    }),
  },
  responses: {
    200: {
      description: "The file",
      content: { "text/csv": { schema: z.string() }, "application/x-ndjson": { schema: z.string() } },
    },
    ...refusals,
  },
});

/** The audit: who did what, when and from where. */
export function auditRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();

  /** What concerns the installation is shown to the admins of its first workspace. */
  const seenFrom = (workspaceId: number): readonly (number | null)[] =>
    workspaceId === deps.store.installation.workspaceId ? [workspaceId, null] : [workspaceId];

  router.openapi(listEvents, async (c) => {
    const { workspaceId } = await deps.authorize(c, listEvents);
    const { limit, cursor, ...asked } = c.req.valid("query");
    const question = questionOf(seenFrom(workspaceId), asked);
    const { events, after } = await findEvents(deps, question, decodeAuditCursor(cursor), limit);
    const data = events.map((event) => eventAnswer(event, languageOf(c)));
    return c.json({ data, next_cursor: encodeAuditCursor(after) }, 200);
  });

  router.openapi(exportEvents, async (c) => {
    const principal = await deps.authorize(c, exportEvents);
    const { format, bom, ...asked } = c.req.valid("query");
    const question = questionOf(seenFrom(principal.workspaceId), asked);
    // Whom an admin looks for is no more the audit's to keep than whom it is about.
    const after = { format, ...asked, ...(asked.text && { text: maskText(asked.text) }) };
    const act: ToldAct = { action: "audit.exported", target: { kind: "audit", id: null, name: null }, after };
    await deps.audit(c, principal, act);
    const day = new Date(deps.now()).toISOString().slice(0, 10);
    const head = exportHead(format, format === "csv" && bom === "true");
    return new Response(streamOf(head, allEvents(deps, question, PIECE), { format, language: languageOf(c) }), {
      headers: {
        "content-type": mediaTypes[format],
        "content-disposition": `attachment; filename="audit-${day}.${format}"`,
      },
    });
  });

  return router;
}

/** The lines of an export: the next events are read when the reader has taken those before. */
function streamOf(
  head: string,
  pieces: AsyncGenerator<readonly AuditEvent[], void, undefined>,
  { format, language }: { readonly format: ExportFormat; readonly language: Language },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(head));
    },
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(exportLines(format, value, language)));
    },
    async cancel() {
      await pieces.return();
    },
  });
}
