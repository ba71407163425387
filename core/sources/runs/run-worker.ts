import { getLogger } from "@logtape/logtape";
import { every } from "../../delivery/every.ts";
import type { Housekeeping } from "../../delivery/housekeeping.ts";
import { noteTrouble } from "../../delivery/trouble.ts";
import type { ClaimedRun, RunStore } from "../../store/store.ts";
import { createWorkLoop, type WorkLoop } from "../calls/work-loop.ts";
import { doRun, type RunningDeps } from "./do-run.ts";
import type { RunRules } from "./rules.ts";
import { type SchedulingDeps, scheduleRuns } from "./schedule-runs.ts";
import { runReason } from "./sentences.ts";

const log = getLogger(["metrika-gateway", "runs"]);

const TICK_MS = 1000;
const LAPSED_EACH_MS = 10_000;

/** The loop that does what sources do by the clock. */
export interface RunWorker extends WorkLoop {
  /** A person cancelled a run: if it is done here, it ends now. */
  stopRun(id: number): void;
}

/** What the loop works with. */
export interface RunWorkerDeps extends RunningDeps, Omit<SchedulingDeps, "store"> {
  readonly housekeeping: Pick<Housekeeping, "isMine">;
  readonly breathe: (since: number) => Promise<void>;
}

/** What runs of workers that died are freed with. */
export const lapsedRuns = (
  leasesBefore: number,
  now: number,
  { mostAttempts }: Pick<RunRules, "mostAttempts">,
): Parameters<RunStore["freeLapsed"]>[0] => ({
  ...{ leasesBefore, now, mostAttempts, errorCode: "interrupted", error: runReason("interrupted") },
});

/** Makes a worker that stands still until it is started. */
export function createRunWorker(deps: RunWorkerDeps): RunWorker {
  const { store, rules, now, newUuid } = deps;
  const trouble = noteTrouble({ log, now });
  const cancellers = new Map<number, AbortController>();
  const freeLapsed = every(LAPSED_EACH_MS, now, async (at) => {
    await store.runs.freeLapsed(lapsedRuns(at, at, rules));
  });
  const schedule = every(rules.scheduleEachMs, now, async () => {
    if (await deps.housekeeping.isMine()) await scheduleRuns(deps);
  });

  async function begun(run: ClaimedRun, stopping: AbortSignal): Promise<void> {
    const canceller = new AbortController();
    cancellers.set(run.id, canceller);
    try {
      await doRun(deps, run, stopping, canceller.signal);
    } finally {
      cancellers.delete(run.id);
    }
  }

  const loop = createWorkLoop({
    tickMs: TICK_MS,
    breathe: deps.breathe,
    onTrouble: (error) => trouble("runs", error),
    async look({ underWay, begin }) {
      await freeLapsed();
      await schedule();
      const limit = rules.runsAtOnce - underWay;
      if (limit <= 0) return false;
      const request = { claim: newUuid(), now: now(), leaseMs: rules.leaseMs, limit };
      const claimed = await store.runs.claimDue(request);
      for (const run of claimed) begin((stopping) => begun(run, stopping));
      return claimed.length > 0;
    },
  });
  return { ...loop, stopRun: (id) => cancellers.get(id)?.abort(new Error("The run was cancelled.")) };
}
