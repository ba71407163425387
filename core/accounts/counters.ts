import type { MetrikaCounter } from "../metrika/counters.ts";
import { ProblemError } from "../plugin/problem.ts";
import type { AccountRecord, CounterRecord } from "../store/store.ts";
import { type AccountDeps, askMetrika } from "./ask-metrika.ts";

/** Sources that a refusal names. */
const MOST_NAMED = 5;

/** Which part of an account's counters, see `ListCountersOptions`. */
export interface VisibleCounters {
  /** Counted from 1. */
  readonly offset: number;
  readonly limit: number;
  readonly search?: string;
  readonly permission?: "own" | "edit" | "view";
}

/**
 * The counters that an account sees at Metrika, and which of them are attached.
 * @throws {ProblemError} see `askMetrika`
 */
export async function visibleCounters(
  deps: AccountDeps,
  account: AccountRecord,
  { offset, limit, search, permission }: VisibleCounters,
): Promise<{
  readonly total: number;
  readonly counters: readonly (MetrikaCounter & { readonly isAttached: boolean })[];
}> {
  const part = { offset, perPage: limit, ...(search && { search }), ...(permission && { permission }) };
  const page = await askMetrika(deps, { account, counterId: null, scope: "metrika:read" }, (call) =>
    deps.metrika.counters.list({ ...call, ...part }),
  );
  const ids = page.counters.map(({ id }) => id);
  const attached = new Set((await deps.store.counters.getMany(account.workspaceId, ids)).map((it) => it.counterId));
  return { total: page.total, counters: page.counters.map((it) => ({ ...it, isAttached: attached.has(it.id) })) };
}

/**
 * Attaches a counter that the account sees; one that is attached already is read anew, and uses this account from now on.
 * @throws {ProblemError} `counter_not_accessible`, or see `askMetrika`
 */
export async function attachCounter(
  deps: AccountDeps,
  account: AccountRecord,
  counterId: number,
): Promise<CounterRecord> {
  const counter = await askMetrika(deps, { account, counterId, scope: "metrika:read" }, (call) =>
    deps.metrika.counters.get({ ...call, counterId }),
  );
  return keepCounter(deps, account, counter);
}

/** Attaches a counter that was just read. */
export const keepCounter = (
  { store, now }: Pick<AccountDeps, "store" | "now">,
  account: AccountRecord,
  counter: MetrikaCounter,
): Promise<CounterRecord> =>
  store.counters.attach({
    workspaceId: account.workspaceId,
    counterId: counter.id,
    accountId: account.id,
    ...factsOf(counter),
    errorCode: null,
    attachedAt: now(),
    refreshedAt: now(),
  });

/** An attached counter with the account that it is attached through. */
export interface AttachedCounter {
  readonly counter: CounterRecord;
  readonly account: AccountRecord;
}

/** @throws {ProblemError} `counter_not_attached`, in the same words whether it is unknown or another workspace's */
export async function attachedCounter(
  { store }: Pick<AccountDeps, "store">,
  workspaceId: number,
  counterId: number,
): Promise<AttachedCounter> {
  const counter = await store.counters.get(workspaceId, counterId);
  if (counter === null) throw new ProblemError("counter_not_attached", { counter_id: counterId });
  const account = await store.accounts.get(counter.accountId);
  if (account === null) throw new Error(`Account ${counter.accountId} of a counter is gone.`);
  return { counter, account };
}

/**
 * The account that a counter is attached through, to ask Metrika with.
 * @throws {ProblemError} `counter_account_disconnected`
 */
export function connectedAccountOf({ counter, account }: AttachedCounter): AccountRecord {
  if (account.disconnectedAt === null) return account;
  throw new ProblemError("counter_account_disconnected", { counter_id: counter.counterId, login: account.login });
}

/**
 * Reads a counter anew. That it was deleted, or that the account sees it no more, is kept as its state.
 * @throws {ProblemError} `counter_account_disconnected`, or see `askMetrika`
 */
export async function refreshCounter(deps: AccountDeps, attached: AttachedCounter): Promise<CounterRecord> {
  const account = connectedAccountOf(attached);
  const { workspaceId, counterId } = attached.counter;
  const refreshedAt = deps.now();
  const read = await askMetrika(deps, { account, counterId, scope: "metrika:read" }, (call) =>
    deps.metrika.counters.get({ ...call, counterId }),
  ).catch((error: unknown) => {
    if (error instanceof ProblemError && error.code === "counter_not_accessible") return null;
    throw error;
  });
  const change = read === null ? { errorCode: "counter_not_accessible" } : { ...factsOf(read), errorCode: null };
  const changed = await deps.store.counters.update(workspaceId, counterId, { ...change, refreshedAt });
  if (changed === null) throw new ProblemError("counter_not_attached", { counter_id: counterId });
  return changed;
}

/**
 * Detaches a counter. What was sent to it stays told.
 * @throws {ProblemError} `counter_in_use` while living sources upload to it by an account, `counter_not_attached`
 */
export async function detachCounter({ store }: AccountDeps, workspaceId: number, counterId: number): Promise<void> {
  const users = await store.counters.usedBy(workspaceId, counterId, MOST_NAMED + 1);
  if (users.length > 0) {
    const named = users.slice(0, MOST_NAMED).map(({ name }) => `«${name}»`);
    const sources = [...named, ...(users.length > MOST_NAMED ? ["…"] : [])].join(", ");
    const members = { sources: users.slice(0, MOST_NAMED).map(({ uuid, name }) => ({ id: uuid, name })) };
    throw new ProblemError("counter_in_use", { counter_id: counterId, sources }, { members });
  }
  if (await store.counters.detach(workspaceId, counterId)) return;
  throw new ProblemError("counter_not_attached", { counter_id: counterId });
}

const factsOf = (counter: MetrikaCounter) => ({
  name: counter.name,
  site: counter.site,
  timeZone: counter.timeZoneName,
  permission: counter.permission,
  ownerLogin: counter.ownerLogin,
  status: counter.status,
});
