import type { MetrikaError } from "../metrika/errors.ts";
import { goalIdentifiers, isGoalIdentifier } from "../metrika/goals.ts";
import { makeGoal } from "../metrika/make-goal.ts";
import { exclusively } from "../store/exclusively.ts";
import type { CounterGoals, CredentialRecord } from "../store/store.ts";
import { backoffMs } from "./backoff.ts";
import { asMetrikaError, credentialOf, noteSuccess, type OpenCredential, rest } from "./credential-use.ts";
import type { DeliveryDeps } from "./deps.ts";
import { loginKeyOf } from "./login-key.ts";
import { counterKey, placeRows } from "./plan-uploads.ts";
import type { DeliveryRules } from "./rules.ts";
import { whenAgain } from "./send-outcome.ts";

const PAGE_ROWS = 500;
/** After so many answers that were no list of goals, an hour or more by the backoff, rows are sent without it. */
const FAILURES_UNTIL_UNREADABLE = 9;

type WaitingCounter = Awaited<ReturnType<DeliveryDeps["store"]["planning"]["countersWaitingForGoal"]>>[number];

/** The counters whose goals must be read now because rows wait for one. */
export async function countersToCheck(deps: DeliveryDeps): Promise<readonly WaitingCounter[]> {
  const due: WaitingCounter[] = [];
  for (const counter of await deps.store.planning.countersWaitingForGoal()) {
    const credential = await deps.store.credentials.get(counter.credentialId);
    if (!credential || (await mayNotRead(deps, credential))) continue;
    const known = await deps.store.goals.get(counter.workspaceId, counter.counterId);
    const newest = counter.unjudged ? Number.POSITIVE_INFINITY : counter.newestArrival;
    const rules = await deps.plans.rulesFor(credential);
    if (readIsDue(known, newest, deps.now(), rules)) due.push(counter);
  }
  return due;
}

/** A used-up quota of writes leaves reads alone, unless Metrika itself said that the day is used up. */
async function mayNotRead({ store, now }: DeliveryDeps, credential: CredentialRecord): Promise<boolean> {
  if (credential.pausedUntil === null || credential.pausedUntil <= now()) return false;
  if (credential.pausedReason !== "quota") return true;
  return (await store.quota.spent(loginKeyOf(credential), now())).exhaustedAt !== null;
}

/** Whether the goals of a counter with waiting rows should be read now. */
export function readIsDue(
  known: CounterGoals | null,
  newestArrival: number,
  now: number,
  rules: DeliveryRules,
): boolean {
  if (!known) return true;
  if (known.failures > 0) return now >= known.attemptedAt + backoffMs(rules.retry, known.failures, 1);
  const newcomers = known.fetchedAt === null || newestArrival > known.fetchedAt;
  const wait = newcomers ? rules.goalForcedReadMs : rules.goalRecheckMs;
  return now >= known.attemptedAt + wait;
}

/** Reads the goals of one counter, makes wished ones, and moves the rows that waited for the answer. */
export async function checkGoals(deps: DeliveryDeps, counter: WaitingCounter, signal: AbortSignal): Promise<void> {
  const credential = await credentialOf(deps, counter.credentialId);
  // People make goals as well: whoever is at it has read the list, and saves what he finds. It is looked again soon.
  const turn = { name: `goals:${counter.counterId}`, holder: deps.newUuid(), waitMs: 0 } as const;
  const read = await exclusively(deps.store.leases, turn, async () => {
    const goals = await readGoals(deps, counter, credential, signal);
    if (goals) await deps.store.goals.save(goals);
    return goals;
  });
  const goals = read?.result;
  if (!goals) return;
  const known = new Map([[counterKey(counter), { ...goals, identifiers: new Set(goals.identifiers) }]]);
  for (let after = 0; ; ) {
    const since = performance.now();
    if (!(await deps.housekeeping.isMine())) return;
    const rows = await deps.store.planning.readWaitingForGoal({ ...counter, targets: null, after, limit: PAGE_ROWS });
    if (rows.length === 0) return;
    if ((await placeRows(deps, rows, known)) === null) return;
    after = rows.at(-1)?.id ?? after;
    await deps.breathe(since);
  }
}

/** The goals as they are now; null when the credential was refused and everything of it rests. */
async function readGoals(
  deps: DeliveryDeps,
  counter: WaitingCounter,
  credential: OpenCredential,
  signal: AbortSignal,
): Promise<CounterGoals | null> {
  const { workspaceId, counterId } = counter;
  const before = await deps.store.goals.get(workspaceId, counterId);
  const attemptedAt = deps.now();
  try {
    const listed = await deps.metrika.goals.list({ ...credential.call, counterId, signal });
    // The instant before the request: a goal made while it was on its way may be missing in the answer.
    const identifiers = new Set(goalIdentifiers(listed));
    await noteSuccess(deps, credential);
    for (const identifier of await createWished(deps, counter, identifiers, credential, signal))
      identifiers.add(identifier);
    return {
      workspaceId,
      counterId,
      identifiers: [...identifiers],
      fetchedAt: attemptedAt,
      attemptedAt,
      failures: 0,
      unreadableSince: null,
      errorCode: null,
    };
  } catch (thrown) {
    return afterFailure(deps, counter, before, asMetrikaError(thrown), credential, attemptedAt);
  }
}

/**
 * Makes the goals that a source wished for. Safe after a lost answer that could not be cleared up: the list was just read, so
 * a goal whose making was never answered stands in it and is not made again.
 */
async function createWished(
  deps: DeliveryDeps,
  { workspaceId, counterId }: WaitingCounter,
  existing: ReadonlySet<string>,
  credential: OpenCredential,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const { target, create } of await deps.store.planning.targetsWaitingForGoal(workspaceId, counterId)) {
    if (!create || existing.has(target) || !isGoalIdentifier(target)) continue;
    try {
      const goal = { name: target, identifier: target };
      await makeGoal(deps.metrika.goals, { ...credential.call, counterId, goal, signal });
      made.push(target);
      deps.log.info("Goal {target} was created on counter {counter}", { target, counter: counterId });
    } catch (thrown) {
      const error = asMetrikaError(thrown);
      deps.log.warn("Goal {target} could not be created on counter {counter}: {detail}", {
        target,
        counter: counterId,
        detail: error.message,
      });
    }
  }
  return made;
}

async function afterFailure(
  deps: DeliveryDeps,
  { workspaceId, counterId }: WaitingCounter,
  before: CounterGoals | null,
  error: MetrikaError,
  credential: OpenCredential,
  attemptedAt: number,
): Promise<CounterGoals | null> {
  const failures = (before?.failures ?? 0) + 1;
  let countsFrom = attemptedAt;
  if (error.kind === "unauthorized" || error.kind === "throttled") {
    const at = { now: attemptedAt, random: deps.random(), rules: deps.rules, pauses: credential.record.pauses };
    const { pause, retryAt } = whenAgain(error, failures, at);
    if (pause) {
      await rest(deps, credential, pause);
      return null;
    }
    // The next reading is due a full wait after this instant, which makes it fall at the time that Metrika named.
    countsFrom = retryAt - backoffMs(deps.rules.retry, failures, 1);
    deps.log.info("Goals of counter {counter} are asked for again at {at}", {
      counter: counterId,
      at: new Date(retryAt).toISOString(),
    });
  }
  // While Metrika is out of reach nothing could be sent either: judging late is better than not at all.
  const answered = error.kind !== "throttled" && error.kind !== "unreachable";
  const tired = answered && failures >= FAILURES_UNTIL_UNREADABLE;
  const unreadable = error.kind === "forbidden" || error.kind === "not_found" || tired;
  if (unreadable && before?.unreadableSince == null) {
    deps.log.warn("Goals of counter {counter} cannot be read, its conversions are sent unjudged: {detail}", {
      counter: counterId,
      detail: error.message,
    });
  }
  return {
    workspaceId,
    counterId,
    identifiers: before?.identifiers ?? [],
    fetchedAt: before?.fetchedAt ?? null,
    attemptedAt: countsFrom,
    failures,
    unreadableSince: unreadable ? (before?.unreadableSince ?? attemptedAt) : null,
    errorCode: error.code,
  };
}
