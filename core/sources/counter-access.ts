import type { AccountDeps } from "../accounts/ask-metrika.ts";
import { checkCounter, loginOf, type TokenWarning } from "../accounts/check-token.ts";
import { problemOf } from "../accounts/metrika-problems.ts";
import { openAccount } from "../accounts/open-account.ts";
import { loginKeyOf } from "../delivery/login-key.ts";
import { MetrikaError, type MetrikaErrorKind } from "../metrika/errors.ts";
import { visible } from "../metrika/refusal.ts";
import type { SourceRecord } from "../store/store.ts";
import { tokenContext } from "../vault/token-context.ts";
import type { SourceAccess } from "./source-access.ts";

/** How long a person waits for Metrika at the most. */
const PATIENCE_MS = 20_000;

/** By what Metrika is asked. */
interface OpenedAccess {
  readonly token: string;
  readonly loginKey: string;
  /** Null: not known. */
  readonly login: string | null;
  /** What Yandex told of its rights; null: nothing. */
  readonly scopes: readonly string[] | null;
}

/** A counter that an access does not see, in Metrika's words. */
export interface UnseenCounter {
  readonly counterId: number;
  readonly text: string;
}

/**
 * Which of these counters an access does not see: facts that name one would be refused for ever.
 * @param access one that is wished for, or a source with the one that it has
 * @throws {ProblemError} `metrika_not_answering`, `metrika_quota_exhausted`: it could not be found out
 */
export async function unseenCounters(
  deps: AccountDeps,
  access: SourceAccess | SourceRecord,
  counterIds: readonly number[],
): Promise<readonly UnseenCounter[]> {
  if (counterIds.length === 0) return [];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const opened = "kind" in access ? await openNew(deps, access, signal) : await openKept(deps, access);
  const asked = counterIds.map(async (counterId): Promise<UnseenCounter | null> => {
    try {
      await deps.metrika.counters.get({ ...opened, counterId, signal });
      return null;
    } catch (error) {
      if (isRefusal(error)) return { counterId, text: visible(error.message).replace(/\.$/, "") };
      const account = { login: opened.login ?? "—", scopes: opened.scopes };
      throw problemOf(error, { account, counterId, scope: "metrika:read", now: deps.now() });
    }
  });
  return (await Promise.all(asked)).flatMap((unseen) => unseen ?? []);
}

/** What Metrika says now of a source's access to each of its counters; nothing where all is well. */
export async function accessWarnings(deps: AccountDeps, source: SourceRecord): Promise<readonly TokenWarning[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const opened = await openKept(deps, source);
  const counters = [source.counterId, ...source.options.counters];
  const reports = counters.map((counterId) => checkCounter(deps.metrika, { ...opened, counterId, signal }));
  return (await Promise.all(reports)).flatMap(({ warnings }) => warnings);
}

async function openNew(deps: AccountDeps, access: SourceAccess, signal: AbortSignal): Promise<OpenedAccess> {
  if (access.kind === "account") {
    const { login, scopes } = access.account;
    return { ...(await openAccount(deps, access.account)), login, scopes };
  }
  const { token } = access;
  const login = await loginOf(deps.metrika, token, signal);
  return { token, login, loginKey: login ?? deps.vault.hmac("token", token), scopes: null };
}

async function openKept({ store, vault }: AccountDeps, { credentialId }: SourceRecord): Promise<OpenedAccess> {
  const credential = await store.credentials.get(credentialId);
  if (credential === null) throw new Error(`Credential ${credentialId} of a source is gone.`);
  const token = vault.open(credential.sealedToken, tokenContext(credential.uuid));
  return { token, login: credential.login, loginKey: loginKeyOf(credential), scopes: null };
}

const REFUSALS: readonly MetrikaErrorKind[] = ["unauthorized", "forbidden", "not_found", "rejected"];

const isRefusal = (error: unknown): error is MetrikaError =>
  error instanceof MetrikaError && REFUSALS.includes(error.kind);
