import type { LoginPlans } from "../../core/delivery/login-plans.ts";
import type { DeliveryRules } from "../../core/delivery/rules.ts";
import type { MetrikaClient } from "../../core/metrika/client.ts";
import type { SourceManager } from "../../core/sources/manage-sources.ts";
import type { Store } from "../../core/store/store.ts";
import type { Vault } from "../../core/vault/vault.ts";
import type { Authenticate } from "../auth/api-keys.ts";
import type { BodyLimits } from "../http/read-body.ts";

/** What the management routes work with. */
export interface RouteDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly metrika: MetrikaClient;
  readonly rules: DeliveryRules;
  readonly plans: LoginPlans;
  readonly sources: SourceManager;
  readonly authenticate: Authenticate;
  /** An API key was made or revoked: those in memory are read again. */
  readonly forgetApiKeys: () => void;
  readonly publicUrl: string;
  readonly limits: BodyLimits;
  readonly now: () => number;
  readonly newUuid: () => string;
  /** Lets the event loop serve others during long work, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
}

/** What a management route asks for, as the document says it. */
export const apiKeySecurity = [{ apiKey: [] }];
