import type { MetrikaCounter, NewCounter } from "../metrika/counters.ts";
import { MetrikaError } from "../metrika/errors.ts";
import { ProblemError, retryLater } from "../plugin/problem.ts";
import { exclusively } from "../store/exclusively.ts";
import type { AccountRecord, CounterRecord } from "../store/store.ts";
import { type AccountCall, type AccountDeps, askMetrika } from "./ask-metrika.ts";
import { keepCounter } from "./counters.ts";
import { lacksScope } from "./metrika-problems.ts";

/** A counter of the same name and site that is younger than this was made by the same request, whose answer was lost. */
const SAME_REQUEST_MS = 600_000;
const WAIT_FOR_TURN_MS = 15_000;
const BUSY_SECONDS = 5;

/**
 * Makes a counter in Metrika and attaches it. One of the same name and site that the account's login has made within the last
 * ten minutes is taken instead: also after a lost answer, and when several gateways are asked at once.
 * @throws {ProblemError} see `askMetrika`
 */
export async function createCounter(
  deps: AccountDeps,
  account: AccountRecord,
  wanted: NewCounter,
): Promise<{ readonly counter: CounterRecord; readonly isNew: boolean }> {
  const scope = "metrika:write";
  const { login } = account;
  if (lacksScope(account, scope)) throw new ProblemError("account_scope_missing", { login, scope });
  const turn = { name: `new_counters:${login}`, holder: deps.newUuid(), waitMs: WAIT_FOR_TURN_MS } as const;
  const done = await exclusively(deps.store.leases, turn, () =>
    askMetrika(deps, { account, counterId: null, scope }, async (call) => {
      const there = await findRecent(deps, login, wanted, call);
      if (there !== null) return { made: there, isNew: false };
      return { made: await makeCounter(deps, login, wanted, call), isNew: true };
    }),
  );
  if (done === null) throw retryLater("overloaded", BUSY_SECONDS);
  const { made, isNew } = done.result;
  return { counter: await keepCounter(deps, account, made), isNew };
}

async function makeCounter(
  deps: AccountDeps,
  login: string,
  counter: NewCounter,
  call: AccountCall,
): Promise<MetrikaCounter> {
  try {
    return await deps.metrika.counters.create({ ...call, counter });
  } catch (error) {
    if (!(error instanceof MetrikaError) || !error.bodyMayHaveArrived) throw error;
    const made = await findRecent(deps, login, counter, call).catch(() => null);
    if (made === null) throw error;
    return made;
  }
}

async function findRecent(
  { metrika, now }: AccountDeps,
  login: string,
  { name, site }: NewCounter,
  call: AccountCall,
): Promise<MetrikaCounter | null> {
  const { counters } = await metrika.counters.list({ ...call, search: name, permission: "own" });
  const isWanted = (counter: MetrikaCounter) =>
    counter.name === name &&
    spell(counter.site ?? "") === spell(site) &&
    (counter.ownerLogin === null || counter.ownerLogin === login) &&
    counter.createTime !== null &&
    Date.parse(counter.createTime) > now() - SAME_REQUEST_MS;
  return counters.find(isWanted) ?? null;
}

/** A site in one spelling: Metrika may keep a Cyrillic domain in Punycode. */
function spell(site: string): string {
  const parsed = URL.parse(`http://${site}`);
  return parsed === null ? site : `${parsed.host}${parsed.pathname}`;
}
