import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import type { QuotaPlan } from "../../core/delivery/quota-plan.ts";
import { type DeliveryRules, workersShare } from "../../core/delivery/rules.ts";
import { nextMidnight } from "../../core/delivery/send-outcome.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { LoginRecord, LoginSpending } from "../../core/store/store.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../http/cursor.ts";
import type { RouteDeps } from "./deps.ts";
import { pageOf } from "./webhook-shapes.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const instant = v.pipe(v.string(), v.description("ISO 8601, UTC"));
const requests = v.object({ reads: count, writes: count });

/** How the day's requests of a Yandex login are spent and planned. */
export const QuotaOfLogin = v.pipe(
  v.object({
    login: v.pipe(v.nullable(v.string()), v.description("null until Yandex has told it")),
    credentials: v.pipe(count, v.description("Tokens of this login that webhooks use")),
    credentials_paused: v.pipe(count, v.description("How many of them rest now")),
    limit: v.pipe(count, v.description("Requests a day, reads and writes each: METRIKA_DAILY_REQUESTS")),
    reserve: v.pipe(count, v.description("Of them, kept for people: sending and polling leave these alone")),
    spent: v.pipe(requests, v.description("Since 00:00 GMT, by this gateway's count")),
    left: v.pipe(requests, v.description("What sending and polling may still spend today")),
    planned: v.pipe(requests, v.description("What they will spend until 00:00 GMT at the present pace")),
    linger_seconds: v.pipe(count, v.description("How long a file that is opened now gathers rows")),
    poll_seconds: v.pipe(count, v.description("How often Metrika is asked about files it works on")),
    split_files: v.pipe(v.boolean(), v.description("Whether each goal and kind of identifier has files of its own")),
    enough_until: v.pipe(v.nullable(instant), v.description("When the writes run out at this pace; null: they last")),
    resets_at: instant,
    exhausted: v.pipe(v.boolean(), v.description("Metrika has said that the day is used up")),
  }),
  component("QuotaOfLogin"),
);

const readQuota = createRoute({
  method: "get",
  path: "/v1/quota",
  operationId: "readQuota",
  tags: ["Quota"],
  ...guarded("read"),
  summary: "Read how the day's requests of each Yandex login are spent and planned",
  description:
    "Metrika allows a login so many requests a day, freed at 00:00 GMT. The gateway counts them and spreads what is left: first files hold several goals, then they gather rows for longer. A login that other programs use as well is spent faster than is told here.",
  request: { query: z.object(pageQuery) },
  responses: {
    200: jsonResponse(pageOf("Quota", QuotaOfLogin), { description: "The logins of the workspace's webhooks" }),
    ...problemResponses(...accessProblems, "invalid_field"),
  },
});

/** What is left of the day's requests to Metrika. */
export function quotaRoutes({ store, plans, rules, authorize, now }: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  router.openapi(readQuota, async (c) => {
    const { workspaceId } = await authorize(c, readQuota);
    const { limit, cursor } = c.req.valid("query");
    const page = await store.quota.logins({ workspaceId, after: decodeCursor(cursor), limit, now: now() });
    const data = await Promise.all(
      page.rows.map(async (login) => {
        const [spent, plan] = [await store.quota.spent(login.loginKey, now()), await plans.planOf(login.loginKey)];
        return quotaAnswer(login, spent, plan, rules, now());
      }),
    );
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });
  return router;
}

/** How a login's day is spent and planned, as the API tells it. */
function quotaAnswer(
  { login, credentials, paused }: LoginRecord,
  spent: LoginSpending,
  plan: QuotaPlan,
  rules: Pick<DeliveryRules, "dailyRequests" | "reserveShare">,
  now: number,
) {
  const share = workersShare(rules);
  const exhausted = spent.exhaustedAt !== null;
  const leftOf = (used: number) => (exhausted ? 0 : Math.max(0, share - used));
  return {
    login,
    credentials,
    credentials_paused: paused,
    limit: rules.dailyRequests,
    reserve: rules.dailyRequests - share,
    spent: { reads: spent.reads, writes: spent.writes },
    left: { reads: leftOf(spent.reads), writes: leftOf(spent.writes) },
    planned: { reads: plan.forecast.reads, writes: plan.forecast.writes },
    linger_seconds: Math.round(plan.lingerMs / 1000),
    poll_seconds: Math.round(plan.pollMs / 1000),
    split_files: plan.isSplit,
    enough_until: isoOrNull(plan.forecast.enoughUntil),
    resets_at: iso(nextMidnight(now)),
    exhausted,
  };
}
