import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { pageQuery } from "../http/cursor.ts";
import {
  AttachCounter,
  Counter,
  MadeCounter,
  metrikaProblems,
  NewCounter,
  VisibleCounterPage,
} from "./counter-shapes.ts";
import { pageOf } from "./webhook-shapes.ts";

const tags = ["Counters and goals"];
const counterParams = z.object({ counter_id: z.string() });
const accountParams = z.object({ account_id: z.string() });
const ofMetrika = [...accessProblems, ...metrikaProblems, "malformed_json", "invalid_field", "not_found"] as const;

/** Lists what an account sees. */
export const listVisible = createRoute({
  method: "get",
  path: "/v1/accounts/{account_id}/counters",
  operationId: "listCountersOfAccount",
  tags,
  ...guarded("read"),
  summary: "List the counters that a Yandex account sees",
  description: "As Metrika tells them now. Each says whether it is attached here, and whether it may be written to.",
  request: {
    params: accountParams,
    query: z.object({
      ...pageQuery,
      search: z.string().max(255).optional().openapi({ description: "The number, or a part of the name or the site" }),
      permission: z.enum(["own", "edit", "view"]).optional(),
    }),
  },
  responses: {
    200: jsonResponse(VisibleCounterPage, { description: "A page" }),
    ...problemResponses(...ofMetrika),
  },
});

/** Makes a counter in Metrika. */
export const createCounterRoute = createRoute({
  method: "post",
  path: "/v1/accounts/{account_id}/counters",
  operationId: "createCounter",
  tags,
  ...guarded("edit"),
  summary: "Create a counter in Metrika and attach it",
  description:
    "May be repeated: a counter of the same name and site that the account made within the last ten minutes is taken for the one that is asked for, so that a lost answer makes no second one.",
  request: {
    params: accountParams,
    body: jsonBody(NewCounter, {
      description: "What it is called and which site it counts",
      example: { name: "Shop", site: "example.com", time_zone: "Europe/Moscow" },
    }),
  },
  responses: {
    200: jsonResponse(MadeCounter, { description: "It was there already" }),
    201: jsonResponse(MadeCounter, { description: "The counter" }),
    ...problemResponses(...ofMetrika, "overloaded"),
  },
});

/** Attaches a counter. */
export const attachRoute = createRoute({
  method: "post",
  path: "/v1/counters",
  operationId: "attachCounter",
  tags,
  ...guarded("edit"),
  summary: "Attach a counter to the workspace",
  description:
    "One that is attached already is read anew, and uses the named account from now on. A counter that may only be read is attached too: its state says whom to ask for what.",
  request: {
    body: jsonBody(AttachCounter, {
      description: "The counter and the account that sees it",
      example: { account_id: "0197a1c2-8a5e-7c34-b6d1-5f0e2a9b4c77", counter_id: 12345678 },
    }),
  },
  responses: {
    200: jsonResponse(Counter, { description: "The counter; it was attached before" }),
    201: jsonResponse(Counter, { description: "The counter" }),
    ...problemResponses(...ofMetrika),
  },
});

/** Lists attached counters. */
export const listCounters = createRoute({
  method: "get",
  path: "/v1/counters",
  operationId: "listCounters",
  tags,
  ...guarded("read"),
  summary: "List the attached counters, lowest number first",
  request: { query: z.object(pageQuery) },
  responses: {
    200: jsonResponse(pageOf("Counter", Counter), { description: "A page, as last read from Metrika" }),
    ...problemResponses(...accessProblems, "invalid_field"),
  },
});

/** Reads an attached counter. */
export const readCounter = createRoute({
  method: "get",
  path: "/v1/counters/{counter_id}",
  operationId: "readCounter",
  tags,
  ...guarded("read"),
  summary: "Read an attached counter",
  request: { params: counterParams },
  responses: {
    200: jsonResponse(Counter, { description: "The counter as last read from Metrika" }),
    ...problemResponses(...accessProblems, "counter_not_attached"),
  },
});

/** Reads an attached counter anew. */
export const refreshRoute = createRoute({
  method: "post",
  path: "/v1/counters/{counter_id}/refresh",
  operationId: "refreshCounter",
  tags,
  ...guarded("edit"),
  summary: "Read a counter from Metrika anew",
  description: "That it was deleted there, or that the account sees it no more, is told as its state.",
  request: { params: counterParams },
  responses: {
    200: jsonResponse(Counter, { description: "The counter as it is now" }),
    ...problemResponses(...accessProblems, ...metrikaProblems, "counter_not_attached", "counter_account_disconnected"),
  },
});

/** Detaches a counter. */
export const detachRoute = createRoute({
  method: "delete",
  path: "/v1/counters/{counter_id}",
  operationId: "detachCounter",
  tags,
  ...guarded("edit"),
  summary: "Detach a counter",
  description:
    "Refused while webhooks send to it through an account. What was sent stays told, and the counter in Metrika is left alone.",
  request: { params: counterParams },
  responses: {
    204: { description: "Detached" },
    ...problemResponses(...accessProblems, "counter_not_attached", "counter_in_use"),
  },
});
