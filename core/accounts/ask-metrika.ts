import type { MetrikaClient } from "../metrika/client.ts";
import type { AccountRecord, Store } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { type AskedOfMetrika, problemOf } from "./metrika-problems.ts";
import { openAccount } from "./open-account.ts";

/** How long a person waits for Metrika at the most. */
const PATIENCE_MS = 20_000;

/** With what counters and goals are managed. */
export interface AccountDeps {
  readonly store: Store;
  readonly metrika: MetrikaClient;
  readonly vault: Vault;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** By what a call on behalf of an account is made; a person waits for it, so it may use the reserve of the quota. */
export interface AccountCall {
  readonly token: string;
  readonly loginKey: string;
  readonly signal: AbortSignal;
}

/**
 * Asks Metrika something on behalf of an account.
 * @throws {ProblemError} that says what a refusal or a silence of Metrika means
 */
export async function askMetrika<Answer>(
  deps: AccountDeps,
  asked: Omit<AskedOfMetrika, "now" | "account"> & { readonly account: AccountRecord },
  ask: (call: AccountCall) => Promise<Answer>,
): Promise<Answer> {
  const opened = await openAccount(deps, asked.account);
  try {
    return await ask({ ...opened, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    throw problemOf(error, { ...asked, now: deps.now() });
  }
}
