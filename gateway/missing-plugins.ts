import { getLogger } from "@logtape/logtape";
import type { Context } from "hono";
import { ProblemError } from "../core/plugin/problem.ts";
import type { OpenConfig } from "../core/sources/open-config.ts";
import type { SourceRecord, Store } from "../core/store/store.ts";
import { createRouter, type GatewayEnv } from "./http/app-defaults.ts";
import { keepRequest, limitsOfRawIntakes, provesByShowing, type RawIntakeRouteDeps } from "./raw-intake-route.ts";
import { ReceivedRequest } from "./received-request.ts";

const log = getLogger(["metrika-gateway", "sources"]);

/** What a sender waits before it comes again. In seconds. */
const RETRY_SECONDS = 300;
const TOLD_EACH_MS = 60_000;

/** What the addresses of plugins that are not loaded work with. */
export interface MissingPluginDeps extends Omit<RawIntakeRouteDeps, "authorize"> {
  readonly store: Pick<Store, "sourceHealth">;
  readonly openConfig: OpenConfig;
}

/**
 * The addresses of sources whose plugin was taken out of the configuration. A request that shows the source's secret is kept and answered
 * as if nothing had happened; it is handled once the plugin is back. Any other, and one that is only signed, is asked to come again:
 * nobody here can verify it. Known by the plugin's name alone, so no answer tells which sources there are.
 * @param names plugins that sources have and the gateway has not
 */
export function missingPluginRoutes(
  names: readonly string[],
  deps: MissingPluginDeps,
): ReturnType<typeof createRouter> {
  const router = createRouter();
  const limits = limitsOfRawIntakes(deps.limits);
  const toldAt = new Map<number, number>();

  /** Once a minute: so that whoever looks after the gateway, or at the source, learns that something comes in vain. */
  async function tell(source: SourceRecord): Promise<void> {
    const now = deps.now();
    if (now - (toldAt.get(source.id) ?? Number.NEGATIVE_INFINITY) < TOLD_EACH_MS) return;
    toldAt.set(source.id, now);
    const opened = deps.openConfig(source);
    if (opened.ok) return;
    const { code, reason } = opened;
    log.warn("Source {sourceId} cannot be used: {reason}", { sourceId: source.uuid, code, reason: reason.en });
    const neverRests = { restsAfter: Number.MAX_SAFE_INTEGER, restingUntil: now };
    await deps.store.sourceHealth.recordFailure(source.id, { code, reason, ...neverRests }, now);
  }

  async function serve(c: Context<GatewayEnv>, plugin: string): Promise<Response> {
    const id = c.req.param("source_id") ?? "";
    c.set("shownPath", `/sources/${plugin}/${id}/…`);
    const found = await deps.registry.find(id);
    const source = found?.plugin === plugin ? found : null;
    const request = new ReceivedRequest(c, limits);
    const isProven = await provesByShowing(request, source, deps.now());
    if (source !== null) await tell(source);
    if (source === null || !isProven) {
      const headers = { "retry-after": String(RETRY_SECONDS) };
      throw new ProblemError("plugin_missing", { plugin, seconds: RETRY_SECONDS }, { headers });
    }
    const intakeId = await keepRequest(deps, c, { request, source, keepHeaders: [] });
    return c.json({ status: "kept", intake_id: intakeId }, 200);
  }

  for (const plugin of names) {
    for (const path of [`/sources/${plugin}/:source_id`, `/sources/${plugin}/:source_id/*`]) {
      router.on(["GET", "POST"], path, (c) => serve(c, plugin));
    }
  }
  return router;
}
