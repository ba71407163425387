import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { checkFound, resolveUpload } from "../../core/delivery/resolve-upload.ts";
import { quoteValue } from "../../core/language.ts";
import { Upload } from "../../core/plugin/answer-schemas.ts";
import { uploadAnswer } from "../../core/plugin/answers.ts";
import { ProblemError, retryLater } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { UploadRecord } from "../../core/store/store.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";

/** A look-up of a list takes seconds; its claim is a minute's at the most. */
const BUSY_SECONDS = 10;

const Decision = v.pipe(
  v.variant("decision", [
    v.strictObject({ decision: v.literal("resend") }),
    v.strictObject({
      decision: v.literal("found"),
      metrika_upload_id: v.pipe(
        v.string(),
        v.regex(/^[1-9]\d{0,18}$/),
        v.description("The file's number among the counter's uploads in Metrika"),
      ),
    }),
  ]),
  component("UploadDecision"),
);

const resolveRoute = createRoute({
  method: "post",
  path: "/v1/uploads/{upload_id}/resolve",
  operationId: "resolveUpload",
  tags: ["Batches and uploads"],
  ...guarded("edit"),
  summary: "Decide about an upload whose answer was lost",
  description:
    "For an upload in the state `uncertain`, above all one that waits for a person (`error_code` `held_for_person` or `list_unreadable`). `resend` sends the same rows, seconds and comment again, which Metrika overwrites rather than adds; `found` says that Metrika has the file, and under which number.",
  request: {
    params: z.object({ upload_id: z.string() }),
    body: jsonBody(Decision, {
      description: "`resend`, or `found` with Metrika's number",
      example: { decision: "found", metrika_upload_id: "1400000001" },
    }),
  },
  responses: {
    200: jsonResponse(Upload, { description: "The upload as it is now" }),
    ...problemResponses(
      ...accessProblems,
      ...(["malformed_json", "not_found"] as const),
      ...([
        "upload_not_uncertain",
        "upload_busy",
        "metrika_upload_taken",
        "metrika_upload_unknown",
        "metrika_not_answering",
        "invalid_field",
      ] as const),
    ),
  },
});

/** A person's decision about an upload whose answer was lost. */
export function resolveUploadRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store } = deps;

  async function mustBeThere(upload: UploadRecord, metrikaUploadId: string): Promise<void> {
    const params = { metrika_upload_id: metrikaUploadId, counter_id: upload.counterId };
    switch (await checkFound(deps, upload, metrikaUploadId)) {
      case "this_file":
        return;
      case "other_file":
        throw new ProblemError("metrika_upload_taken", params);
      case "unknown":
        throw new ProblemError("metrika_upload_unknown", params);
      case "unanswered":
        throw retryLater("metrika_not_answering", BUSY_SECONDS);
    }
  }

  router.openapi(resolveRoute, async (c) => {
    const principal = await deps.authorize(c, resolveRoute);
    const body = parseBody(Decision, await readJson(c.req.raw, deps.limits));
    const upload = await store.uploads.findByUuid(c.req.param("upload_id"));
    if (upload?.workspaceId !== principal.workspaceId)
      throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    const decision =
      body.decision === "resend"
        ? ({ kind: "resend" } as const)
        : ({ kind: "found", metrikaUploadId: body.metrika_upload_id } as const);
    if (decision.kind === "found" && upload.state === "uncertain") await mustBeThere(upload, decision.metrikaUploadId);
    const result = await resolveUpload(store, upload, decision, deps.now());
    const now = await store.uploads.findByUuid(upload.uuid);
    if (result === "resolved" && now) {
      const target = { kind: "upload", id: upload.uuid, name: null };
      await deps.audit(c, principal, { action: "upload.resolved", target, after: body });
      return c.json(uploadAnswer(now), 200);
    }
    if (result === "claimed") {
      const headers = { "retry-after": String(BUSY_SECONDS) };
      throw new ProblemError("upload_busy", { upload_id: upload.uuid, seconds: BUSY_SECONDS }, { headers });
    }
    if (result === "metrika_upload_taken" && body.decision === "found") {
      throw new ProblemError("metrika_upload_taken", { metrika_upload_id: body.metrika_upload_id });
    }
    throw new ProblemError("upload_not_uncertain", { upload_id: upload.uuid, state: now?.state ?? upload.state });
  });

  return router;
}
