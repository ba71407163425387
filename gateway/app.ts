import type { SourcePlugin } from "../core/plugin/contract.ts";
import { type OpenApiDocument, openApiDocument } from "../core/plugin/valibot-openapi.ts";
import type { Rotation } from "../core/rotation/rotation.ts";
import packageJson from "../package.json" with { type: "json" };
import { serveCapture } from "./capture/serve-capture.ts";
import type { Role } from "./config.ts";
import { createApp, type createRouter } from "./http/app-defaults.ts";
import { createClientAddress } from "./http/client-address.ts";
import { serveDocs } from "./http/docs-page.ts";
import type { EmbeddedIdentity } from "./identity/embedded-identity.ts";
import { missingPluginRoutes } from "./missing-plugins.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { auditRoutes } from "./routes/audit.ts";
import { batchRoutes } from "./routes/batches.ts";
import { conversionRoutes } from "./routes/conversions.ts";
import { counterRoutes } from "./routes/counters.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import type { RouteDeps } from "./routes/deps.ts";
import { goalRoutes } from "./routes/goals.ts";
import { healthRoutes } from "./routes/health.ts";
import { invitationRoutes } from "./routes/invitations.ts";
import { keyRotationRoutes } from "./routes/key-rotations.ts";
import { matchRateRoutes } from "./routes/match-rates.ts";
import { meRoutes } from "./routes/me.ts";
import { memberRoutes } from "./routes/members.ts";
import { oauthApplicationRoutes } from "./routes/oauth-application.ts";
import { oauthCallbackRoutes } from "./routes/oauth-callback.ts";
import { pluginRoutes } from "./routes/plugins.ts";
import { quotaRoutes } from "./routes/quota.ts";
import { rawIntakeRoutes } from "./routes/raw-intakes.ts";
import { resolveUploadRoutes } from "./routes/resolve-upload.ts";
import { runRoutes } from "./routes/runs.ts";
import { setupRoutes } from "./routes/setup.ts";
import { sourceRoutes } from "./routes/sources.ts";
import { trySourceRoutes } from "./routes/try-source.ts";
import { unidentifiedSaleRoutes } from "./routes/unidentified-sales.ts";
import { userRoutes } from "./routes/users.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { workspaceRoutes } from "./routes/workspaces.ts";
import { mountPlugin, type SourceRouterDeps } from "./source-router.ts";

/** What the HTTP interface is made of. */
export interface AppDeps {
  readonly role: Role;
  readonly plugins: readonly SourcePlugin[];
  /** Names of plugins that sources have and the gateway has not. */
  readonly missingPlugins: readonly string[];
  readonly sourceRouter: SourceRouterDeps;
  readonly routes: RouteDeps;
  /** Changes the master key. */
  readonly rotation: Rotation;
  /** Signing people in; null where a Supabase project does it. */
  readonly identity: Pick<EmbeddedIdentity, "identity" | "routes"> | null;
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
  const ofOperator = keyRotationRoutes(deps.routes, deps.rotation);
  if (deps.role === "worker") {
    for (const router of [ofEverybody, ofOperator]) app.route("/", router);
    return app;
  }
  const routers: ReturnType<typeof createRouter>[] = [
    ...deps.plugins.map((plugin) => mountPlugin(plugin, deps.sourceRouter)),
    missingPluginRoutes(deps.missingPlugins, deps.sourceRouter),
    webhookRoutes(deps.routes),
    pluginRoutes(deps.routes),
    sourceRoutes(deps.routes),
    runRoutes(deps.routes),
    rawIntakeRoutes(deps.routes),
    trySourceRoutes(deps.routes),
    batchRoutes(deps.routes),
    resolveUploadRoutes(deps.routes),
    conversionRoutes(deps.routes),
    matchRateRoutes(deps.routes),
    unidentifiedSaleRoutes(deps.routes),
    deadLetterRoutes(deps.routes),
    apiKeyRoutes(deps.routes),
    oauthApplicationRoutes(deps.routes),
    accountRoutes(deps.routes),
    oauthCallbackRoutes(deps.routes),
    meRoutes(deps.routes),
    setupRoutes(deps.routes),
    workspaceRoutes(deps.routes),
    memberRoutes(deps.routes),
    invitationRoutes(deps.routes),
    quotaRoutes(deps.routes),
    auditRoutes(deps.routes),
    ...(deps.identity?.routes ?? []),
    userRoutes(deps.routes, deps.identity?.identity ?? null),
    counterRoutes(deps.routes),
    goalRoutes(deps.routes),
    ofEverybody,
    ofOperator,
  ];
  for (const router of routers) app.route("/", router);
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "A key made by `bun run cli api-key create --name NAME`",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "The access token of a person's session at Supabase Auth, or at the gateway's own /auth/v1, which speaks the same. Whoever belongs to several workspaces names one in the header X-Workspace-Id.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "webhookSecret", {
    type: "apiKey",
    in: "header",
    name: "X-Webhook-Secret",
    description: "The secret that the webhook was created with",
  });
  serveDocs(app, () => describeApp(app));
  serveCapture(app);
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
