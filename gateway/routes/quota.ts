import { createRoute, z } from "@hono/zod-openapi";
import { QuotaOfLogin } from "../../core/plugin/answer-schemas.ts";
import { quotaAnswer } from "../../core/plugin/answers.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { createRouter } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../http/cursor.ts";
import { apiKeySecurity, type RouteDeps } from "./deps.ts";
import { pageOf } from "./webhook-shapes.ts";

const readQuota = createRoute({
  method: "get",
  path: "/v1/quota",
  operationId: "readQuota",
  tags: ["Quota"],
  security: apiKeySecurity,
  summary: "Read how the day's requests of each Yandex login are spent and planned",
  description:
    "Metrika allows a login so many requests a day, freed at 00:00 GMT. The gateway counts them and spreads what is left: first files hold several goals, then they gather rows for longer. A login that other programs use as well is spent faster than is told here.",
  request: { query: z.object(pageQuery) },
  responses: {
    200: jsonResponse(pageOf("Quota", QuotaOfLogin), { description: "The logins of the workspace's webhooks" }),
    ...problemResponses("unauthorized", "api_key_invalid", "forbidden_scope", "invalid_field"),
  },
});

/** What is left of the day's requests to Metrika. */
export function quotaRoutes({ store, plans, rules, authenticate, now }: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  router.openapi(readQuota, async (c) => {
    const { workspaceId } = await authenticate(c.req.header("authorization"), "read");
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
