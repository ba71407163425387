import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { rawIntakeStates } from "../../core/store/port/raw-intakes.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { pageQuery } from "../http/cursor.ts";
import { RawIntake, RawIntakePage, RawIntakeReplay, RawIntakeReplayed } from "./raw-intake-shapes.ts";

const tags = ["Raw intakes"];
const ofSource = z.object({ source_id: z.string() });
const ofIntake = z.object({ source_id: z.string(), intake_id: z.string() });
const problems = problemResponses(...accessProblems, "not_found", "invalid_field");

/** Lists the requests of a source's senders. */
export const listRawIntakes = createRoute({
  method: "get",
  path: "/v1/sources/{source_id}/raw-intakes",
  operationId: "listRawIntakes",
  tags,
  ...guarded("read"),
  summary: "List the requests of a source's senders, newest first, with what became of each",
  request: {
    params: ofSource,
    query: z.object({ ...pageQuery, state: z.enum(rawIntakeStates).optional() }),
  },
  responses: { 200: jsonResponse(RawIntakePage, { description: "A page, and counts of all by state" }), ...problems },
});

/** Reads one request. */
export const readRawIntake = createRoute({
  method: "get",
  path: "/v1/sources/{source_id}/raw-intakes/{intake_id}",
  operationId: "readRawIntake",
  tags,
  ...guarded("read"),
  summary: "Read a request as it came, with secrets and contacts masked",
  request: { params: ofIntake },
  responses: { 200: jsonResponse(RawIntake, { description: "The request and what became of it" }), ...problems },
});

/** Reads one request with its contacts. */
export const revealRawIntake = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/raw-intakes/{intake_id}/reveal",
  operationId: "revealRawIntake",
  tags,
  ...guarded("edit"),
  summary: "Read a request with phones and e-mail addresses unmasked",
  description: "Written down in the audit. Secrets stay masked.",
  request: { params: ofIntake },
  responses: { 200: jsonResponse(RawIntake, { description: "The request and what became of it" }), ...problems },
});

/** Handles requests once more. */
export const replayRawIntakes = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/raw-intakes/replay",
  operationId: "replayRawIntakes",
  tags,
  ...guarded("edit"),
  summary: "Handle requests once more, after a mapping or a token was mended",
  description:
    "What they told before is recognised: only what Metrika never took, and what has changed since, is sent. Those whose content is forgotten are not counted.",
  request: {
    params: ofSource,
    body: jsonBody(RawIntakeReplay, { description: "May be empty", example: { states: ["set_aside"], dry_run: true } }),
  },
  responses: {
    200: jsonResponse(RawIntakeReplayed, { description: "How many" }),
    ...problems,
    ...problemResponses("malformed_json"),
  },
});
