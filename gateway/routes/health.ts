import { createRoute } from "@hono/zod-openapi";
import * as v from "valibot";
import { retryLater } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { Store } from "../../core/store/store.ts";
import { createRouter } from "../http/app-defaults.ts";

const tags = ["Health"];
const Alive = v.object({ status: v.literal("ok") });
const Ready = v.object({
  status: v.literal("ready"),
  uploads: v.pipe(v.record(v.string(), v.number()), v.description("How many uploads are in each state")),
});

const healthz = createRoute({
  method: "get",
  path: "/healthz",
  operationId: "healthz",
  tags,
  security: [],
  summary: "The process is alive",
  responses: { 200: jsonResponse(Alive, { description: "It is" }) },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  operationId: "readyz",
  tags,
  security: [],
  summary: "The gateway can take conversions",
  responses: {
    200: jsonResponse(Ready, { description: "It can: the database answers and the process is not stopping" }),
    ...problemResponses("storage_unavailable"),
  },
});

/** Whether the process lives, and whether it can take conversions. */
export function healthRoutes(store: Store, isReady: () => boolean): ReturnType<typeof createRouter> {
  const router = createRouter();
  router.openapi(healthz, (c) => c.json({ status: "ok" as const }, 200));
  router.openapi(readyz, async (c) => {
    if (!isReady()) throw retryLater("storage_unavailable", 2);
    try {
      await store.maintenance.ping();
      return c.json({ status: "ready" as const, uploads: { ...(await store.uploads.countByState()) } }, 200);
    } catch (cause) {
      throw retryLater("storage_unavailable", 2, cause);
    }
  });
  return router;
}
