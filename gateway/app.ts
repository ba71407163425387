import type { SourcePlugin } from "../core/plugin/contract.ts";
import { type OpenApiDocument, openApiDocument } from "../core/plugin/valibot-openapi.ts";
import packageJson from "../package.json" with { type: "json" };
import type { Role } from "./config.ts";
import { createApp, type createRouter } from "./http/app-defaults.ts";
import { createClientAddress } from "./http/client-address.ts";
import { serveDocs } from "./http/docs-page.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { batchRoutes } from "./routes/batches.ts";
import { conversionRoutes } from "./routes/conversions.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import type { RouteDeps } from "./routes/deps.ts";
import { healthRoutes } from "./routes/health.ts";
import { type KeyRotationDeps, keyRotationRoutes } from "./routes/key-rotations.ts";
import { matchRateRoutes } from "./routes/match-rates.ts";
import { quotaRoutes } from "./routes/quota.ts";
import { resolveUploadRoutes } from "./routes/resolve-upload.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { mountPlugin, type SourceRouterDeps } from "./source-router.ts";

/** What the HTTP interface is made of. */
export interface AppDeps {
  readonly role: Role;
  readonly plugins: readonly SourcePlugin[];
  readonly sourceRouter: SourceRouterDeps;
  readonly routes: RouteDeps;
  readonly keyRotation: KeyRotationDeps;
  /** Whose word about a client's address counts, see `client-address.ts`. */
  readonly trustedProxies: readonly string[];
  /** False once the gateway is stopping. */
  readonly isReady: () => boolean;
}

/** The HTTP interface: what senders, programs and operators call, and its own description. */
export function createGatewayApp(deps: AppDeps): ReturnType<typeof createApp> {
  const app = createApp({ clientAddress: createClientAddress(deps.trustedProxies) });
  // Senders' routes first: they are the hot path, and Hono tries routers in order.
  const ofEverybody = healthRoutes(deps.routes.store, deps.isReady);
  const ofOperator = keyRotationRoutes(deps.keyRotation);
  if (deps.role === "worker") {
    for (const router of [ofEverybody, ofOperator]) app.route("/", router);
    return app;
  }
  const routers: ReturnType<typeof createRouter>[] = [
    ...deps.plugins.map((plugin) => mountPlugin(plugin, deps.sourceRouter)),
    webhookRoutes(deps.routes),
    batchRoutes(deps.routes),
    resolveUploadRoutes(deps.routes),
    conversionRoutes(deps.routes),
    matchRateRoutes(deps.routes),
    deadLetterRoutes(deps.routes),
    apiKeyRoutes(deps.routes),
    quotaRoutes(deps.routes),
    ofEverybody,
    ofOperator,
  ];
  for (const router of routers) app.route("/", router);
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "A key made by `bun run cli api-key create --name NAME`",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "webhookSecret", {
    type: "apiKey",
    in: "header",
    name: "X-Webhook-Secret",
    description: "The secret that the webhook was created with",
  });
  serveDocs(app, () => describeApp(app));
  return app;
}

/** The OpenAPI 3.1 document of the app. */
export function describeApp(app: ReturnType<typeof createApp>): OpenApiDocument {
  return openApiDocument(app, {
    openapi: "3.1.0",
    info: {
      title: "metrika-gateway",
      version: packageJson.version,
      description:
        "Takes offline conversions and delivers them to Yandex.Metrika, durably and once. Refusals are RFC 9457 problem documents with a stable `code`; sentences are Russian or English by `Accept-Language`.",
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: "/", description: "This gateway" }],
  });
}
