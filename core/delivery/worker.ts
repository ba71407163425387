import { checkGoals, countersToCheck } from "./check-goals.ts";
import type { DeliveryDeps } from "./deps.ts";
import { every } from "./every.ts";
import { fileBatches } from "./file-batches.ts";
import { flagLateUploads } from "./late-uploads.ts";
import { learnLogins } from "./learn-logins.ts";
import { planUploads } from "./plan-uploads.ts";
import { pollUploads } from "./poll-uploads.ts";
import { replayDeadLetters } from "./replay.ts";
import { firstReadBackMs } from "./rules.ts";
import { sendUpload } from "./send-upload.ts";
import { noteTrouble } from "./trouble.ts";
import { finishPausing } from "./withdraw.ts";

/** Uploads asked about at once; one list of a counter serves all of its own. */
const POLL_LIMIT = 1000;
const GOALS_REST = 20;
const FEW_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;

/** The loop that moves conversions from the store to Metrika. */
export interface Worker {
  /** Looks for work now and from then on. */
  start(): void;
  /** New rows were committed: look soon. */
  wake(): void;
  /** One round: plan, read goals, send, poll; resolves when everything it began has ended. True if it found work. */
  runOnce(): Promise<boolean>;
  /** Begins nothing new, lets what is under way end for `graceMs`, then aborts it. */
  stop(graceMs: number): Promise<void>;
}

/** How often the worker looks for work, in milliseconds. */
export interface WorkerTiming {
  /** How often the loop looks for what became due. */
  readonly tickMs: number;
  /** How long after a wake it looks, so that a burst of requests is planned together. */
  readonly wakeMs: number;
}

/** What else only one of several gateways does once in a while. */
export interface Chore {
  /** For the log. */
  readonly name: string;
  readonly periodMs: number;
  /** @param signal aborted when the gateway stops and has waited long enough */
  run(signal: AbortSignal): Promise<void>;
}

/** Makes a worker that stands still until it is started. */
export function createWorker(
  deps: DeliveryDeps,
  timing: WorkerTiming = { tickMs: 1000, wakeMs: 50 },
  chores: readonly Chore[] = [],
): Worker {
  const { store, rules } = deps;
  const underWay = new Map<string, Promise<void>>();
  /** Polls in a row without an answer, by counter and credential: an outage must not use up the day's requests. */
  const failedPolls = new Map<string, number>();
  const aborter = new AbortController();
  const trouble = noteTrouble(deps);
  // A gateway may die in the middle of pausing while this one lives on; alone, only a start can find such a thing.
  const eachFewMinutes = every(FEW_MINUTES_MS, deps.now, async () => {
    if (store.shared !== null) await finishPausing(deps);
  });
  const eachHour = every(HOUR_MS, deps.now, async (at) => {
    await flagLateUploads(deps, at);
    begin("logins", () => learnLogins(deps));
  });
  const eachChore = chores.map(({ name, periodMs, run }) =>
    every(periodMs, deps.now, async () => begin(`chore ${name}`, () => run(aborter.signal))),
  );
  let timer: ReturnType<typeof setTimeout> | null = null;
  let timerAt = 0;
  let round: Promise<unknown> | null = null;
  let woken = false;
  let running = false;
  let sends = 0;
  let goalsRestUntil = 0;
  let isFirstLook = true;

  /** Starts a piece of work under a name; a second one of the same name is not begun. */
  function begin(name: string, work: () => Promise<void>): void {
    if (underWay.has(name)) return;
    const ended = work()
      .catch((error) => trouble(name.split(":")[0] ?? name, error))
      .finally(() => {
        underWay.delete(name);
        // An ended send may have made room for the next one.
        if (running) schedule(timing.wakeMs);
      });
    underWay.set(name, ended);
  }

  async function beginSends(): Promise<number> {
    const limit = rules.parallelSends - sends;
    if (limit <= 0) return 0;
    const claim = deps.newUuid();
    const planned = await store.uploads.claimDue({
      states: ["planned"],
      claim,
      now: deps.now(),
      leaseMs: rules.leaseMs,
      limit,
      perLogin: rules.parallelSendsPerLogin,
    });
    for (const upload of planned) {
      sends++;
      begin(`send:${upload.id}:${claim}`, () => sendUpload(deps, upload, claim, aborter.signal).finally(() => sends--));
    }
    return planned.length;
  }

  async function beginPolls(): Promise<number> {
    const claim = deps.newUuid();
    const request = { claim, now: deps.now(), leaseMs: rules.leaseMs, limit: POLL_LIMIT };
    const due = await store.uploads.claimToPoll(request);
    for (const [counter, open] of Map.groupBy(due, (u) => `${u.counterId}:${u.credentialId}`)) {
      begin(`poll:${counter}:${claim}`, async () => {
        const failures = failedPolls.get(counter) ?? 0;
        const answered = await pollUploads(deps, open, claim, failures, aborter.signal);
        if (answered) failedPolls.delete(counter);
        else failedPolls.set(counter, failures + 1);
      });
    }
    return due.length;
  }

  /** A long queue of waiting rows is slow to look through, so a look is followed by a rest many times its length. */
  async function beginGoalChecks(mayRest: boolean): Promise<number> {
    const started = performance.now();
    if (mayRest && started < goalsRestUntil) return 0;
    const counters = await countersToCheck(deps);
    const ended = performance.now();
    goalsRestUntil = ended + (ended - started) * GOALS_REST;
    for (const counter of counters) {
      begin(`goals:${counter.workspaceId}:${counter.counterId}`, () => checkGoals(deps, counter, aborter.signal));
    }
    return counters.length;
  }

  /** What only one of several gateways does, beside asking Metrika. */
  async function keepHouse(mayRest: boolean): Promise<number> {
    await eachHour();
    for (const due of eachChore) await due();
    if (isFirstLook) await finishPausing(deps);
    else await eachFewMinutes();
    isFirstLook = false;
    const replayed = await replayDeadLetters(deps);
    const placed = await planUploads(deps);
    await fileBatches(deps);
    return replayed + placed + (await beginGoalChecks(mayRest));
  }

  async function look(mayRest: boolean): Promise<boolean> {
    const now = deps.now();
    const released = await store.uploads.releaseClaims({
      leasesBefore: now,
      now,
      firstReadBackMs: firstReadBackMs(rules),
    });
    const isMine = await deps.housekeeping.isMine();
    if (!isMine) isFirstLook = true;
    const kept = isMine ? await keepHouse(mayRest) : 0;
    const sent = await beginSends();
    // By one gateway alone: how many requests of a login are on their way at once, each can count only for itself.
    const polled = isMine ? await beginPolls() : 0;
    return released + kept + sent + polled > 0;
  }

  function schedule(delay: number): void {
    const at = Date.now() + delay;
    if (timer && timerAt <= at) return;
    if (timer) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(tick, delay);
  }

  function tick(): void {
    timer = null;
    if (!running) return;
    if (round) {
      woken = true;
      return;
    }
    woken = false;
    round = look(true)
      .catch((error) => {
        trouble("round", error);
        return false;
      })
      .then((foundWork) => {
        round = null;
        if (running) schedule(foundWork || woken ? timing.wakeMs : timing.tickMs);
      });
  }

  return {
    start() {
      running = true;
      schedule(0);
    },
    wake() {
      if (running) schedule(timing.wakeMs);
    },
    async runOnce() {
      const found = await look(false);
      while (underWay.size > 0) await Promise.all(underWay.values());
      return found;
    },
    async stop(graceMs) {
      running = false;
      if (timer) clearTimeout(timer);
      timer = null;
      await round;
      const abort = setTimeout(() => aborter.abort(new Error("The gateway is stopping.")), graceMs);
      while (underWay.size > 0) await Promise.all(underWay.values());
      clearTimeout(abort);
      // Not worth failing for: it runs out by itself.
      await deps.housekeeping.release().catch(() => {});
    },
  };
}
