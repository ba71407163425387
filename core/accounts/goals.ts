import { MetrikaError } from "../metrika/errors.ts";
import { goalIdentifiers, type MetrikaGoal, type NewGoal } from "../metrika/goals.ts";
import { makeGoal } from "../metrika/make-goal.ts";
import { ProblemError, retryLater } from "../plugin/problem.ts";
import { exclusively } from "../store/exclusively.ts";
import type { AccountRecord } from "../store/store.ts";
import { type AccountCall, type AccountDeps, askMetrika } from "./ask-metrika.ts";
import { type AttachedCounter, connectedAccountOf } from "./counters.ts";
import { conditionOf, type GoalVerdict, judgeGoal } from "./judge-goal.ts";
import { lacksScope } from "./metrika-problems.ts";

// https://yandex.ru/support/metrica/ru/general/multi.html
const MOST_GOALS = 200;
/** How long a request waits while another one, or another gateway, makes goals on the counter. */
const WAIT_FOR_TURN_MS = 15_000;
const BUSY_SECONDS = 5;

/**
 * Reads the goals of a counter; what is known of them is renewed, so that rows that waited for a new one are freed soon.
 * @throws {ProblemError} see `askMetrika`
 */
export async function readGoals(deps: AccountDeps, attached: AttachedCounter): Promise<readonly MetrikaGoal[]> {
  const account = connectedAccountOf(attached);
  const { counterId } = attached.counter;
  const readAt = deps.now();
  const goals = await askMetrika(deps, { account, counterId, scope: "metrika:read" }, (call) =>
    deps.metrika.goals.list({ ...call, counterId }),
  );
  await renewCache(deps, attached, goals, readAt);
  return goals;
}

/** A goal and whether this request made it. */
export interface MadeGoal {
  readonly goal: MetrikaGoal;
  readonly isNew: boolean;
}

/**
 * Sees to it that a counter has a goal with an identifier, and never makes a second one: also after a lost answer, and when
 * several gateways are asked at once.
 * @throws {ProblemError} `goal_wrong_type`, `goal_limit_reached`, `counter_read_only`, or see `askMetrika`
 */
export async function ensureGoal(deps: AccountDeps, attached: AttachedCounter, wanted: NewGoal): Promise<MadeGoal> {
  const account = connectedAccountOf(attached);
  const { counterId } = attached.counter;
  const turn = { name: `goals:${counterId}`, holder: deps.newUuid(), waitMs: WAIT_FOR_TURN_MS } as const;
  const done = await exclusively(deps.store.leases, turn, async () => {
    const readAt = deps.now();
    const goals = await readGoals(deps, attached);
    const verdict = judgeGoal(goals, counterId, wanted.identifier);
    if (verdict.status === "exists" && verdict.goal !== null) return { goal: verdict.goal, isNew: false };
    if (verdict.goal !== null) throw wrongType(verdict, verdict.goal, counterId, wanted.identifier);
    const goal = await makeMissing(deps, { account, attached, wanted, count: goals.length });
    await renewCache(deps, attached, [...goals, goal], readAt);
    return { goal, isNew: true };
  });
  if (done === null) throw retryLater("overloaded", BUSY_SECONDS);
  return done.result;
}

/**
 * Makes a goal.
 * @throws {ProblemError} `goal_exists`, or see `ensureGoal`
 */
export async function createGoal(deps: AccountDeps, attached: AttachedCounter, wanted: NewGoal): Promise<MetrikaGoal> {
  const { goal, isNew } = await ensureGoal(deps, attached, wanted);
  if (isNew) return goal;
  const { identifier } = wanted;
  throw new ProblemError("goal_exists", { counter_id: attached.counter.counterId, goal_id: goal.id, identifier });
}

interface MissingGoal {
  readonly account: AccountRecord;
  readonly attached: AttachedCounter;
  readonly wanted: NewGoal;
  /** How many goals the counter has. */
  readonly count: number;
}

async function makeMissing(deps: AccountDeps, missing: MissingGoal): Promise<MetrikaGoal> {
  const { account, attached, wanted, count } = missing;
  const { counterId } = attached.counter;
  const scope = "metrika:write";
  if (count >= MOST_GOALS) throw limitReached(counterId);
  if (lacksScope(account, scope)) throw new ProblemError("account_scope_missing", { login: account.login, scope });
  return askMetrika(deps, { account, counterId, scope }, async (call) => {
    try {
      return await makeGoal(deps.metrika.goals, { ...call, counterId, goal: wanted });
    } catch (error) {
      if (!(error instanceof MetrikaError)) throw error;
      if (error.errorType === "limit_exceeded") throw limitReached(counterId);
      if (error.kind === "forbidden") throw await whyForbidden(deps, account, counterId, call);
      throw error;
    }
  });
}

const limitReached = (counterId: number) =>
  new ProblemError("goal_limit_reached", { counter_id: counterId, limit: MOST_GOALS });

/** Metrika refuses a missing right of the token and of the login in the same words; the counter tells which it is. */
async function whyForbidden(
  deps: AccountDeps,
  { login }: AccountRecord,
  counterId: number,
  call: AccountCall,
): Promise<ProblemError> {
  const { writable, permission, ownerLogin } = await deps.metrika.counters.get({ ...call, counterId });
  if (writable !== false) return new ProblemError("account_scope_missing", { login, scope: "metrika:write" });
  const params = { login, counter_id: counterId, permission: permission ?? "—", owner: ownerLogin ?? "—" };
  return new ProblemError("counter_read_only", params);
}

function wrongType({ status }: GoalVerdict, goal: MetrikaGoal, counterId: number, identifier: string): ProblemError {
  const condition = conditionOf(goal, identifier)?.type || "—";
  const params = { identifier, counter_id: counterId, goal_id: goal.id, type: goal.type || "—", condition };
  return new ProblemError("goal_wrong_type", params, { members: { fault: status } });
}

async function renewCache(
  { store }: AccountDeps,
  { counter: { workspaceId, counterId } }: AttachedCounter,
  goals: readonly MetrikaGoal[],
  readAt: number,
): Promise<void> {
  const identifiers = [...goalIdentifiers(goals)];
  const before = await store.goals.get(workspaceId, counterId);
  // A later reading may have been saved while this one was on its way.
  if ((before?.fetchedAt ?? 0) > readAt) return;
  const known = new Set(before?.identifiers);
  const isSame = before !== null && before.failures === 0 && identifiers.every((it) => known.has(it));
  await store.goals.save({
    workspaceId,
    counterId,
    identifiers,
    fetchedAt: readAt,
    // 0 lets rows that wait for a goal be looked through at once; where none has come, they wait as they did.
    attemptedAt: isSame ? before.attemptedAt : 0,
    failures: 0,
    unreadableSince: null,
    errorCode: null,
  });
}
