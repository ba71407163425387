import type { Connections } from "../../core/accounts/connect-account.ts";
import type { Memberships } from "../../core/accounts/memberships.ts";
import type { OauthApplications } from "../../core/accounts/oauth-application.ts";
import type { SetupCodes } from "../../core/accounts/setup-code.ts";
import type { SignUp } from "../../core/accounts/workspaces.ts";
import type { LoginPlans } from "../../core/delivery/login-plans.ts";
import type { DeliveryRules } from "../../core/delivery/rules.ts";
import type { MetrikaClient } from "../../core/metrika/client.ts";
import type { YandexOauth } from "../../core/metrika/oauth.ts";
import type { ContextDeps } from "../../core/sources/context.ts";
import type { SourceManager } from "../../core/sources/manage-sources.ts";
import type { OpenConfig } from "../../core/sources/open-config.ts";
import type { PluginCatalogue } from "../../core/sources/plugin-catalogue.ts";
import type { RunWorker } from "../../core/sources/runs/run-worker.ts";
import type { Store } from "../../core/store/store.ts";
import type { Vault } from "../../core/vault/vault.ts";
import type { ApiKeys } from "../auth/api-keys.ts";
import type { AuditOf } from "../auth/audit-of.ts";
import type { Access } from "../auth/authorize.ts";
import type { BodyLimits } from "../http/read-body.ts";
import type { PluginFailure } from "../plugins/plugin-failure.ts";
import type { RouteBook } from "../route-book.ts";

/** What the management routes work with. */
export interface RouteDeps extends Access {
  readonly store: Store;
  readonly vault: Vault;
  readonly metrika: MetrikaClient;
  readonly rules: DeliveryRules;
  readonly plans: LoginPlans;
  readonly sources: SourceManager;
  /** The plugins that sources can be made of. */
  readonly catalogue: PluginCatalogue;
  /** Those that are listed and could not be loaded. */
  readonly notLoaded: readonly PluginFailure[];
  readonly openConfig: OpenConfig;
  readonly routeBook: Pick<RouteBook, "of">;
  /** What a source's context is made with, for a person who waits for it. */
  readonly contexts: ContextDeps;
  /** Does runs; woken when one was asked for or cancelled. */
  readonly runs: Pick<RunWorker, "wake" | "stopRun">;
  readonly oauth: YandexOauth;
  readonly applications: OauthApplications;
  readonly connections: Connections;
  readonly apiKeys: ApiKeys;
  readonly memberships: Memberships;
  readonly setupCodes: SetupCodes;
  readonly signUp: SignUp;
  /** Writes down what was done, before it is answered. */
  readonly audit: AuditOf;
  /** Something waits to be handled. */
  readonly wakeRawIntakes: () => void;
  readonly publicUrl: string;
  readonly limits: BodyLimits;
  readonly now: () => number;
  readonly newUuid: () => string;
  /** Lets the event loop serve others during long work, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
}
