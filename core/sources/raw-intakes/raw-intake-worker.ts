import { getLogger } from "@logtape/logtape";
import { every } from "../../delivery/every.ts";
import { noteTrouble } from "../../delivery/trouble.ts";
import type { ClaimedRawIntake } from "../../store/store.ts";
import { type HandlingDeps, handleRawIntake } from "./handle-raw-intake.ts";
import { reasonOf } from "./outcome.ts";
import { type ReleasingDeps, releaseAll } from "./release-kept.ts";
import type { RawIntakeRules } from "./rules.ts";

const log = getLogger(["metrika-gateway", "raw-intakes"]);

/** How often one looks for what became due, for claims of workers that died, and for what can be released. */
const TICK_MS = 1000;
const LAPSED_EACH_MS = 10_000;
const RELEASE_EACH_MS = 60_000;

/** The loop that hands raw intakes to their plugins. */
export interface RawIntakeWorker {
  /** Looks for work now and from then on. */
  start(): void;
  /** Something was kept or released: look at once. */
  wake(): void;
  /** One round; resolves when everything it began has ended. True if it found work. */
  runOnce(): Promise<boolean>;
  /** Begins nothing new, lets what is under way end for `graceMs`, then gives it back. */
  stop(graceMs: number): Promise<void>;
}

/** What the loop works with. */
export interface RawIntakeWorkerDeps extends HandlingDeps, Omit<ReleasingDeps, "store"> {
  readonly newUuid: () => string;
}

/** What claims of workers that died are freed with. */
export const lapsedBefore = (leasesBefore: number, now: number, rules: RawIntakeRules) => ({
  ...{ leasesBefore, now, givenUpBefore: now - rules.givenUpAfterMs, expiresAt: now + rules.keptForPeopleMs },
  ...{ errorCode: "interrupted", error: reasonOf("interrupted") },
});

/** Makes a worker that stands still until it is started. */
export function createRawIntakeWorker(deps: RawIntakeWorkerDeps): RawIntakeWorker {
  const { store, rules } = deps;
  /** By the claimed intake. */
  const underWay = new Map<number, Promise<void>>();
  const aborter = new AbortController();
  const trouble = noteTrouble({ log, now: deps.now });
  const freeLapsed = every(LAPSED_EACH_MS, deps.now, async (now) => {
    await store.rawIntakes.freeLapsed(lapsedBefore(now, now, rules));
  });
  const release = every(RELEASE_EACH_MS, deps.now, async () => {
    await releaseAll(deps);
  });
  /** The source whose turn it was last, by its id. */
  let lastSource = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let timerAt = 0;
  let round: Promise<unknown> | null = null;
  let isRunning = false;
  let isWoken = false;

  async function claimBehind(afterSource: number, limit: number): Promise<readonly ClaimedRawIntake[]> {
    const request = { claim: deps.newUuid(), now: deps.now(), leaseMs: rules.leaseMs, limit, afterSource };
    return store.rawIntakes.claimDue(request);
  }

  /** Round robin over sources, so that each has its turn however many there are. */
  async function claim(limit: number): Promise<readonly ClaimedRawIntake[]> {
    if (limit <= 0) return [];
    const behind = await claimBehind(lastSource, limit);
    const more = limit - behind.length;
    const before = more > 0 && lastSource > 0 ? await claimBehind(0, more) : [];
    const claimed = [...behind, ...before];
    lastSource = claimed.at(-1)?.sourceId ?? 0;
    return claimed;
  }

  function begin(intake: ClaimedRawIntake): void {
    const since = performance.now();
    const work = handleRawIntake(deps, intake, aborter.signal)
      .catch((error) => trouble("raw intake", error))
      .then(() => deps.breathe(since))
      .finally(() => {
        underWay.delete(intake.id);
        schedule(0);
      });
    underWay.set(intake.id, work);
  }

  async function look(): Promise<boolean> {
    await freeLapsed();
    await release();
    const claimed = await claim(rules.sourcesAtOnce - underWay.size);
    for (const intake of claimed) begin(intake);
    return claimed.length > 0;
  }

  function schedule(delay: number): void {
    const at = Date.now() + delay;
    // Not put off: requests that come without a gap would do so for ever.
    if (!isRunning || (timer && timerAt <= at)) return;
    if (timer) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(tick, delay);
  }

  function tick(): void {
    timer = null;
    if (round) {
      isWoken = true;
      return;
    }
    isWoken = false;
    round = look()
      .catch((error) => trouble("raw intakes", error))
      .then(() => {
        round = null;
        schedule(isWoken ? 0 : TICK_MS);
      });
  }

  return {
    start() {
      isRunning = true;
      schedule(0);
    },
    wake: () => schedule(0),
    async runOnce() {
      const found = await look();
      while (underWay.size > 0) await Promise.all(underWay.values());
      return found;
    },
    async stop(graceMs) {
      isRunning = false;
      if (timer) clearTimeout(timer);
      timer = null;
      await round;
      const abort = setTimeout(() => aborter.abort(new Error("The gateway is stopping.")), graceMs);
      while (underWay.size > 0) await Promise.all(underWay.values());
      clearTimeout(abort);
    },
  };
}
