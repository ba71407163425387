import { getLogger } from "@logtape/logtape";
import type { ClaimedRun, RunStore } from "../../store/store.ts";
import type { CallingDeps } from "../calls/limited-call.ts";
import type { RunRules } from "./rules.ts";

const log = getLogger(["metrika-gateway", "runs"]);

/** How far a run is, as its plugin tells it. */
export interface Progress {
  readonly done: number;
  readonly total: number | null;
}

/** A claim that is kept alive while the plugin is at work. */
export interface HeldClaim {
  /** Aborted when the claim is another's, or the run was cancelled. */
  readonly lost: AbortSignal;
  /** Lets go of it; resolves when nothing more is written. */
  release(): Promise<void>;
}

/** What a claim is held with. */
export interface HoldingDeps extends Pick<CallingDeps, "after" | "now"> {
  readonly store: { readonly runs: Pick<RunStore, "renew"> };
  readonly rules: Pick<RunRules, "leaseMs" | "renewEachMs">;
}

/** Renews the claim of a run again and again, each time with its progress. While the database is away the claim lasts as long as its lease. */
export function holdClaim(deps: HoldingDeps, { id, claim, uuid }: ClaimedRun, progress: () => Progress): HeldClaim {
  const { store, rules, now, after } = deps;
  const lost = new AbortController();
  let leaseUntil = now() + rules.leaseMs;
  let renewing: Promise<void> = Promise.resolve();
  let isHeld = true;
  let cancel = after(rules.renewEachMs, beat);

  function beat(): void {
    renewing = renew().then(() => {
      if (isHeld && !lost.signal.aborted) cancel = after(rules.renewEachMs, beat);
    });
  }

  async function renew(): Promise<void> {
    const until = now() + rules.leaseMs;
    try {
      if (await store.runs.renew({ id, claim, leaseUntil: until, ...progress() })) leaseUntil = until;
      else lost.abort(new Error("The run was cancelled, or taken over by another gateway."));
    } catch (error) {
      log.warn("The claim of run {runId} could not be renewed: {error}", { runId: uuid, error });
      if (now() >= leaseUntil) lost.abort(new Error("The claim of the run has ended."));
    }
  }

  return {
    lost: lost.signal,
    async release() {
      isHeld = false;
      cancel();
      await renewing;
      cancel();
    },
  };
}
