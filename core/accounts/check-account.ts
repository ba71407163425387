import { ProblemError } from "../plugin/problem.ts";
import type { AccountRecord, CounterRecord } from "../store/store.ts";
import type { AccountDeps } from "./ask-metrika.ts";
import { checkCounter, type TokenReport } from "./check-token.ts";
import { keepCounter } from "./counters.ts";
import { problemOf } from "./metrika-problems.ts";
import { openAccount } from "./open-account.ts";

/**
 * Asks Metrika what an account may do with a counter, and attaches the counter to the workspace if it is not attached yet.
 * Where Metrika cannot tell for the moment, a counter that is attached already is taken with a warning.
 * @returns `attached`: the counter, where this call has attached it
 * @throws {ProblemError} `counter_not_accessible`, `account_scope_missing`; of a counter that is not attached see `askMetrika`
 */
export async function checkAccount(
  deps: Pick<AccountDeps, "store" | "metrika" | "vault" | "now">,
  account: AccountRecord,
  counterId: number,
  signal: AbortSignal,
): Promise<{ readonly report: TokenReport; readonly attached: CounterRecord | null }> {
  const known = await connectedCounter(deps, account.workspaceId, counterId);
  const opened = await openAccount(deps, account);
  const { counter, refusal, ...told } = await checkCounter(deps.metrika, { ...opened, counterId, signal });
  const report = { ...told, login: account.login };
  if (counter !== null) return { report, attached: known ? null : await keepCounter(deps, account, counter) };
  const problem = problemOf(refusal, { account, counterId, scope: "metrika:read", now: deps.now() });
  if (known !== null && !isForGood(problem)) return { report, attached: null };
  throw problem;
}

/** The attached counter; null as well where the account that it is attached through is disconnected. */
async function connectedCounter({ store }: Pick<AccountDeps, "store">, workspaceId: number, counterId: number) {
  const counter = await store.counters.get(workspaceId, counterId);
  const account = counter && (await store.accounts.get(counter.accountId));
  return account?.disconnectedAt === null ? counter : null;
}

const isForGood = (problem: unknown) =>
  problem instanceof ProblemError &&
  (problem.code === "counter_not_accessible" || problem.code === "account_scope_missing");
