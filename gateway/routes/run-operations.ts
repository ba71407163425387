import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { pageQuery } from "../http/cursor.ts";
import { NewRun, Run, RunSummary } from "./run-shapes.ts";
import { pageOf } from "./webhook-shapes.ts";

const tags = ["Sources"];
const ofSource = z.object({ source_id: z.string() });
const ofRun = z.object({ source_id: z.string(), run_id: z.string() });
const refusals = problemResponses(...accessProblems, "not_found");

/** Runs a source now. */
export const startRun = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/runs",
  operationId: "startRun",
  tags,
  ...guarded("edit"),
  summary: "Run a source now, or see what it would give",
  description:
    "Does what the source does by its schedule. The answer does not wait for it: read the run to see how far it is. One run of a source is done at a time.",
  request: {
    params: ofSource,
    body: jsonBody(NewRun, { description: "May be left out", example: { dry_run: true } }),
  },
  responses: {
    202: jsonResponse(Run, { description: "The run, which waits to be begun" }),
    ...refusals,
    ...problemResponses("malformed_json", "invalid_field"),
    ...problemResponses("plugin_unlisted", "source_waiting", "source_disabled", "run_unavailable", "run_under_way"),
  },
});

/** Lists the runs of a source. */
export const listRuns = createRoute({
  method: "get",
  path: "/v1/sources/{source_id}/runs",
  operationId: "listRuns",
  tags,
  ...guarded("read"),
  summary: "List the runs of a source, newest first",
  request: { params: ofSource, query: z.object(pageQuery) },
  responses: {
    200: jsonResponse(pageOf("RunSummary", RunSummary), { description: "A page" }),
    ...refusals,
    ...problemResponses("invalid_field"),
  },
});

/** Reads one run. */
export const readRun = createRoute({
  method: "get",
  path: "/v1/sources/{source_id}/runs/{run_id}",
  operationId: "readRun",
  tags,
  ...guarded("read"),
  summary: "Read a run: how far it is, and what became of it",
  request: { params: ofRun },
  responses: { 200: jsonResponse(Run, { description: "The run" }), ...refusals },
});

/** Cancels a run. */
export const cancelRun = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/runs/{run_id}/cancel",
  operationId: "cancelRun",
  tags,
  ...guarded("edit"),
  summary: "Cancel a run that waits or is being done",
  description: "What it has given already stays; its batches can be cancelled by themselves.",
  request: { params: ofRun },
  responses: {
    200: jsonResponse(Run, { description: "The run as it is now" }),
    ...refusals,
    ...problemResponses("run_ended"),
  },
});
