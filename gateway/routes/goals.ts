import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { createGoal, ensureGoal, readGoals } from "../../core/accounts/goals.ts";
import { judgeGoal } from "../../core/accounts/judge-goal.ts";
import type { MetrikaGoal } from "../../core/metrika/goals.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { Principal } from "../auth/authorize.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson, readOptionalJson } from "../http/read-json.ts";
import { metrikaProblems } from "./counter-shapes.ts";
import type { RouteDeps } from "./deps.ts";
import {
  checkAnswer,
  EnsuredGoal,
  Goal,
  GoalCheck,
  GoalList,
  GoalQuery,
  goalAnswer,
  goalChecks,
  NewGoal,
  SCORED_GOAL,
  WantedGoal,
} from "./goal-shapes.ts";
import { ownCounter } from "./own-counter.ts";

const tags = ["Counters and goals"];
const path = "/v1/counters/{counter_id}/goals";
const params = z.object({ counter_id: z.string() });
const readProblems = [
  ...accessProblems,
  ...metrikaProblems,
  "counter_not_attached",
  "counter_account_disconnected",
] as const;
const makeProblems = [
  ...([...readProblems, "malformed_json", "invalid_field", "overloaded"] as const),
  ...(["goal_wrong_type", "goal_limit_reached", "counter_read_only"] as const),
] as const;

const listGoals = createRoute({
  method: "get",
  path,
  operationId: "listGoals",
  tags,
  ...guarded("read"),
  summary: "List the goals of a counter as Metrika has them now",
  description: "Each is marked whether offline conversions can reach it, with the reason why not.",
  request: { params },
  responses: { 200: jsonResponse(GoalList, { description: "All goals" }), ...problemResponses(...readProblems) },
});

const checkGoal = createRoute({
  method: "get",
  path: `${path}/check`,
  operationId: "checkGoal",
  tags,
  ...guarded("read"),
  summary: "Ask whether conversions with a target would reach a goal",
  description: "Looked for is the event identifier, never a goal's name or number.",
  request: { params, query: z.object({ identifier: z.string().default(SCORED_GOAL.identifier) }) },
  responses: {
    200: jsonResponse(GoalCheck, { description: "What the counter has under this identifier" }),
    ...problemResponses(...readProblems, "invalid_field"),
  },
});

const createGoalRoute = createRoute({
  method: "post",
  path,
  operationId: "createGoal",
  tags,
  ...guarded("edit"),
  summary: "Create a goal that offline conversions can reach",
  request: {
    params,
    body: jsonBody(NewGoal, { description: "Its identifier and name", example: { identifier: "lead" } }),
  },
  responses: {
    201: jsonResponse(Goal, { description: "The goal" }),
    ...problemResponses(...makeProblems, "goal_exists"),
  },
});

const ensureGoalRoute = createRoute({
  method: "post",
  path: `${path}/ensure`,
  operationId: "ensureGoal",
  tags,
  ...guarded("edit"),
  summary: "See to it that a counter has a goal",
  description:
    "May be repeated at will: a goal is made once, also where an answer of Metrika was lost or several gateways are asked at once. Without an identifier it is `4plus`, the goal of scored visits.",
  request: {
    params,
    body: { ...jsonBody(WantedGoal, { description: "May be left out", example: {} }), required: false },
  },
  responses: {
    200: jsonResponse(EnsuredGoal, { description: "The goal; `created` tells whether this request made it" }),
    ...problemResponses(...makeProblems),
  },
});

/** Goals of attached counters. */
export function goalRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();

  const tellMade = (c: Context<GatewayEnv>, principal: Principal, goal: MetrikaGoal, identifier: string) =>
    deps.audit(c, principal, {
      action: "goal.created",
      target: { kind: "goal", id: goal.id, name: goal.name },
      after: { counter_id: Number(c.req.param("counter_id")), identifier },
    });

  router.openapi(listGoals, async (c) => {
    const counter = await ownCounter(deps, await deps.authorize(c, listGoals), c);
    const goals = await readGoals(deps, counter);
    return c.json({ data: goals.map((goal) => goalAnswer(goal, languageOf(c))) }, 200);
  });

  router.openapi(checkGoal, async (c) => {
    const principal = await deps.authorize(c, checkGoal);
    const { identifier } = parseBody(GoalQuery, c.req.valid("query"), goalChecks);
    const counter = await ownCounter(deps, principal, c);
    const verdict = judgeGoal(await readGoals(deps, counter), counter.counter.counterId, identifier);
    return c.json(checkAnswer(identifier, verdict, languageOf(c)), 200);
  });

  router.openapi(createGoalRoute, async (c) => {
    const principal = await deps.authorize(c, createGoalRoute);
    const { identifier, name = identifier } = parseBody(NewGoal, await readJson(c.req.raw, deps.limits), goalChecks);
    const goal = await createGoal(deps, await ownCounter(deps, principal, c), { identifier, name });
    await tellMade(c, principal, goal, identifier);
    return c.json(goalAnswer(goal, languageOf(c)), 201);
  });

  router.openapi(ensureGoalRoute, async (c) => {
    const principal = await deps.authorize(c, ensureGoalRoute);
    const body = parseBody(WantedGoal, await readOptionalJson(c.req.raw, deps.limits), goalChecks);
    const identifier = body.identifier ?? SCORED_GOAL.identifier;
    const usual = identifier === SCORED_GOAL.identifier ? SCORED_GOAL.name : identifier;
    const wanted = { identifier, name: body.name ?? usual };
    const { goal, isNew } = await ensureGoal(deps, await ownCounter(deps, principal, c), wanted);
    if (isNew) await tellMade(c, principal, goal, identifier);
    return c.json({ ...goalAnswer(goal, languageOf(c)), created: isNew }, 200);
  });

  return router;
}
