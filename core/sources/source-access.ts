import type { AccountDeps } from "../accounts/ask-metrika.ts";
import { checkAccount } from "../accounts/check-account.ts";
import { checkToken, type TokenReport, type TokenWarning } from "../accounts/check-token.ts";
import type { AccountRecord, CounterRecord, SourceRecord } from "../store/store.ts";
import { tokenContext } from "../vault/token-context.ts";

/** How long Metrika may take to answer about a token before the source is made without its answer. */
const CHECK_MS = 5000;

/** What a source uploads with: a token of its own, or a connected Yandex account. */
export type SourceAccess =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "account"; readonly account: AccountRecord };

/** The credential that a source is to use, and what Metrika told of it. */
export interface GrantedAccess {
  readonly credentialId: number;
  readonly timeZone: string | null;
  readonly warnings: readonly TokenWarning[];
  /** The counter, where it was attached to the workspace on this occasion. */
  readonly attached: CounterRecord | null;
}

interface Wanted {
  readonly workspaceId: number;
  readonly counterId: number;
}

/**
 * The access of a new source.
 * @throws {ProblemError} for an account, see `checkAccount`
 */
export async function grantAccess(deps: AccountDeps, wanted: Wanted, access: SourceAccess): Promise<GrantedAccess> {
  if (access.kind === "account") return grantAccount(deps, wanted, access.account);
  const report = await askAbout(deps, access.token, wanted.counterId);
  return grantToken(deps, wanted, access.token, report);
}

/**
 * The access of a source from now on. A token that only this source has is replaced where it stands, which frees what waited
 * for one; an account's is left alone: files that were planned with it keep it.
 * @throws {ProblemError} for an account, see `checkAccount`
 */
export async function replaceAccess(
  deps: AccountDeps,
  source: SourceRecord,
  access: SourceAccess,
): Promise<GrantedAccess> {
  if (access.kind === "account") return grantAccount(deps, source, access.account);
  const { token } = access;
  const report = await askAbout(deps, token, source.counterId);
  const ofAccounts = await deps.store.accounts.ofCredentials([source.credentialId]);
  if (ofAccounts.has(source.credentialId)) return grantToken(deps, source, token, report);
  const credential = await deps.store.credentials.get(source.credentialId);
  if (!credential) throw new Error(`Credential ${source.credentialId} of a source is gone.`);
  const sealed = deps.vault.seal(token, tokenContext(credential.uuid));
  await deps.store.credentials.replaceToken(credential.id, sealed, hashOf(deps, token), deps.now());
  return granted(deps, source, credential.id, report);
}

async function grantAccount(deps: AccountDeps, wanted: Wanted, account: AccountRecord): Promise<GrantedAccess> {
  const signal = AbortSignal.timeout(CHECK_MS);
  const { report, attached } = await checkAccount(deps, account, wanted.counterId, signal);
  // Its login was learnt when it was connected.
  return { ...(await granted(deps, wanted, account.credentialId, { ...report, login: null })), attached };
}

async function grantToken(
  deps: AccountDeps,
  wanted: Wanted,
  token: string,
  report: TokenReport,
): Promise<GrantedAccess> {
  const uuid = deps.newUuid();
  const credential = await deps.store.credentials.create({
    uuid,
    workspaceId: wanted.workspaceId,
    sealedToken: deps.vault.seal(token, tokenContext(uuid)),
    tokenHash: hashOf(deps, token),
    now: deps.now(),
  });
  return granted(deps, wanted, credential.id, report);
}

const hashOf = ({ vault }: AccountDeps, token: string) => vault.hmac("token", token);

const askAbout = (deps: AccountDeps, token: string, counterId: number) =>
  checkToken(deps.metrika, {
    token,
    tokenHash: hashOf(deps, token),
    counterId,
    signal: AbortSignal.timeout(CHECK_MS),
  });

/** What Metrika told is kept: the login owns the quota, the goals judge the targets. */
async function granted(
  { store, now }: AccountDeps,
  { workspaceId, counterId }: Wanted,
  credentialId: number,
  { login, goals, timeZone, warnings }: TokenReport,
): Promise<GrantedAccess> {
  if (login !== null) await store.credentials.recordLogin(credentialId, login, now());
  if (goals !== null) {
    // Not a read that a waiting row forced: attemptedAt 0 leaves the next unknown target its own read.
    const read = { fetchedAt: now(), attemptedAt: 0, failures: 0, unreadableSince: null, errorCode: null };
    await store.goals.save({ workspaceId, counterId, identifiers: goals, ...read });
  }
  return { credentialId, timeZone, warnings, attached: null };
}
