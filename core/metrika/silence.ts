import type { Clock } from "./clock.ts";

/** Counts how long the other side has been silent. */
export interface SilenceTimer {
  /** The other side gave a sign of life, or it is its turn now: counting starts anew. */
  restart(): void;
  /** It is our turn: no counting until {@link restart}. */
  pause(): void;
  stop(): void;
}

/** Starts counting at once and calls `onSilent` once when `timeoutMs` pass without a {@link SilenceTimer.restart}. */
export function createSilenceTimer(clock: Clock, timeoutMs: number, onSilent: () => void): SilenceTimer {
  let stopped = false;
  let cancel = clock.after(timeoutMs, onSilent);
  return {
    restart() {
      if (stopped) return;
      cancel();
      cancel = clock.after(timeoutMs, onSilent);
    },
    pause: () => cancel(),
    stop() {
      stopped = true;
      cancel();
    },
  };
}
