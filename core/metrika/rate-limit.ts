import { type Clock, systemClock } from "./clock.ts";

/** Lets requests out no faster than Metrika allows. */
export interface RateLimiter {
  /**
   * Waits for a turn. Turns are given in the order of asking, except that a login whose places are all taken does not
   * hold up the others.
   *
   * @param key the Yandex login; at most `parallelPerKey` requests of one key are on the way at once.
   * @returns a function that gives the place back; calling it again does nothing.
   * @throws the signal's reason when it is aborted while waiting.
   */
  acquire(key: string, signal?: AbortSignal): Promise<() => void>;
}

/** The settings of {@link createRateLimiter}. */
export interface RateLimiterOptions {
  /** Starts within any one second, over all keys. Metrika allows 30 for one IP address. */
  readonly requestsPerSecond?: number;
  /** Requests of one key on the way at once. Metrika allows 3 for one login. */
  readonly parallelPerKey?: number;
  readonly clock?: Clock;
}

interface Waiter {
  readonly key: string;
  start(): void;
}

/** Makes a limiter for one process. The limits: https://yandex.com/dev/metrika/en/intro/quotas */
export function createRateLimiter(options: RateLimiterOptions = {}): RateLimiter {
  const { requestsPerSecond = 30, parallelPerKey = 3, clock = systemClock } = options;
  const waiting = new Set<Waiter>();
  const running = new Map<string, number>();
  let starts: number[] = [];
  let cancelWake: (() => void) | null = null;

  return {
    acquire(key, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          waiting.delete(waiter);
          if (waiting.size === 0) cancelWake?.();
          reject(signal?.reason);
        };
        const waiter: Waiter = {
          key,
          start() {
            signal?.removeEventListener("abort", onAbort);
            resolve(onceOnly(() => release(key)));
          },
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.add(waiter);
        admit();
      });
    },
  };

  function admit(): void {
    const now = clock.now();
    // A start in the future means that the clock was set back: forget it rather than wait for it.
    starts = starts.filter((start) => start <= now && now - start < 1000);
    for (const waiter of waiting) {
      if (starts.length >= requestsPerSecond) {
        wakeAt((starts[0] ?? now) + 1000 - now);
        return;
      }
      const taken = running.get(waiter.key) ?? 0;
      if (taken >= parallelPerKey) continue;
      waiting.delete(waiter);
      running.set(waiter.key, taken + 1);
      starts.push(now);
      waiter.start();
    }
  }

  function release(key: string): void {
    const left = (running.get(key) ?? 1) - 1;
    if (left === 0) running.delete(key);
    else running.set(key, left);
    admit();
  }

  function wakeAt(ms: number): void {
    cancelWake?.();
    cancelWake = clock.after(ms, () => {
      cancelWake = null;
      admit();
    });
  }
}

function onceOnly(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
