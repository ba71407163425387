import type { MetrikaClient } from "../metrika/client.ts";
import type { Store } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import type { Housekeeping } from "./housekeeping.ts";
import type { LoginPlans } from "./login-plans.ts";
import type { DeliveryRules } from "./rules.ts";

/** Facts of delivery for the log: a sentence with blanks, and their values. Never a token, never a visitor's identifier. */
export interface DeliveryLog {
  info(message: string, facts: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts: Readonly<Record<string, unknown>>): void;
}

/** What every step of delivery works with; clock, chance and network come in as values. */
export interface DeliveryDeps {
  readonly store: Store;
  readonly metrika: MetrikaClient;
  readonly vault: Vault;
  /** Whether what is done once for all gateways is this one's to do. */
  readonly housekeeping: Housekeeping;
  readonly rules: DeliveryRules;
  /** The rules as each login's quota bends them. */
  readonly plans: LoginPlans;
  readonly log: DeliveryLog;
  /** Folder for files on their way to Metrika. */
  readonly filesFolder: string;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newUuid: () => string;
  /** Lets the event loop serve others. `since`: when the piece of work just done began, by `performance.now()`. */
  readonly breathe: (since: number) => Promise<void>;
}
