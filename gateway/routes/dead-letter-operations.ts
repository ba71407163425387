import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { pageQuery } from "../http/cursor.ts";
import { DeadLetters, filterQuery, NewReplay, Replay, ReplayCount } from "./dead-letter-shapes.ts";
import { pageOf } from "./webhook-shapes.ts";

const tags = ["Dead letters"];
const refusals = problemResponses(...accessProblems);
const params = z.object({ replay_id: z.string() });

/** Lists what only a person can bring back. */
export const listDeadLetters = createRoute({
  method: "get",
  path: "/v1/dead-letters",
  operationId: "listDeadLetters",
  tags,
  ...guarded("read"),
  summary: "List conversions that were given up, newest first",
  description:
    "In groups: those of each upload of which Metrika took nothing, and of each webhook and target those whose goal never appeared or that were cancelled.",
  request: { query: z.object({ ...pageQuery, ...filterQuery }) },
  responses: {
    200: jsonResponse(pageOf("DeadLetters", DeadLetters), { description: "A page" }),
    ...refusals,
    ...problemResponses("invalid_field"),
  },
});

/** Brings dead letters back. */
export const createReplay = createRoute({
  method: "post",
  path: "/v1/replays",
  operationId: "createReplay",
  tags,
  ...guarded("edit"),
  summary: "Bring conversions back that were given up",
  description:
    "Only what Metrika never took: rows of failed uploads go into new uploads, cancelled rows and rows without a goal back to the queue. A second replay of the same finds nothing.",
  request: {
    body: jsonBody(NewReplay, {
      description: "Which of them; nothing given: all",
      example: { reason: "failed", received_from: "2026-11-01T00:00:00+03:00", dry_run: true },
    }),
  },
  responses: {
    200: jsonResponse(ReplayCount, { description: "With `dry_run`: how many it would bring back; nothing is changed" }),
    202: jsonResponse(Replay, { description: "The replay, which is carried out from now on" }),
    ...refusals,
    ...problemResponses("malformed_json", "invalid_field"),
  },
});

/** Lists replays. */
export const listReplays = createRoute({
  method: "get",
  path: "/v1/replays",
  operationId: "listReplays",
  tags,
  ...guarded("read"),
  summary: "List replays, newest first",
  request: { query: z.object(pageQuery) },
  responses: {
    200: jsonResponse(pageOf("Replay", Replay), { description: "A page" }),
    ...refusals,
    ...problemResponses("invalid_field"),
  },
});

/** Reads a replay. */
export const readReplay = createRoute({
  method: "get",
  path: "/v1/replays/{replay_id}",
  operationId: "readReplay",
  tags,
  ...guarded("read"),
  summary: "Read a replay",
  request: { params },
  responses: {
    200: jsonResponse(Replay, { description: "The replay" }),
    ...refusals,
    ...problemResponses("not_found"),
  },
});

/** Ends a replay before its time. */
export const cancelReplay = createRoute({
  method: "post",
  path: "/v1/replays/{replay_id}/cancel",
  operationId: "cancelReplay",
  tags,
  ...guarded("edit"),
  summary: "Cancel a replay",
  description:
    "What was brought back is sent; the same filter takes the rest another time. One that has ended stays as it is.",
  request: { params },
  responses: {
    200: jsonResponse(Replay, { description: "The replay as it is now" }),
    ...refusals,
    ...problemResponses("not_found"),
  },
});
