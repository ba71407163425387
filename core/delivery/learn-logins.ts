import { MetrikaError } from "../metrika/errors.ts";
import { openCredential } from "./credential-use.ts";
import type { DeliveryDeps } from "./deps.ts";

/** Logins asked for in one look. */
const MOST_ASKED = 20;
/** How long Yandex may take to answer. */
const ASK_MS = 5000;

/**
 * Asks Yandex whose the tokens are that nobody could tell of when they came: until it is known, two tokens of one login are
 * counted as two, and together might ask Metrika for more than a day allows. A token that rests is left alone.
 */
export async function learnLogins(deps: Pick<DeliveryDeps, "store" | "vault" | "metrika" | "now">): Promise<void> {
  const { credentials } = deps.store;
  for (const record of await credentials.withoutLogin(MOST_ASKED)) {
    const { call } = openCredential(deps.vault, record);
    try {
      const { login } = await deps.metrika.login.get({ ...call, signal: AbortSignal.timeout(ASK_MS) });
      await credentials.recordLogin(record.id, login, deps.now());
    } catch (error) {
      if (!(error instanceof MetrikaError)) throw error;
    }
  }
}
