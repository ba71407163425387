import { type Clock, systemClock } from "./clock.ts";

/** Lets requests out no faster than Metrika allows. */
export interface RateLimiter {
  /**
   * Waits for a turn. Turns are given in the order of asking, except that a login whose places are all taken does not
   * hold up the others.
   *
   * @param key the Yandex login; at most `parallelPerKey` requests of one key are on the way at once.
   * @param options.kind whether the request carries a file; default: it does
   * @returns a function that gives the place back; calling it again does nothing.
   * @throws the signal's reason when it is aborted while waiting.
   */
  acquire(
    key: string,
    options?: { readonly kind?: "file" | "other"; readonly signal?: AbortSignal | undefined },
  ): Promise<() => void>;
}

/** The settings of {@link createRateLimiter}. */
export interface RateLimiterOptions {
  /** Starts within any one second, over all keys. Metrika allows 30 for one IP address. */
  readonly requestsPerSecond?: number;
  /** Requests of one key on the way at once. Metrika allows 3 for one login. */
  readonly parallelPerKey?: number;
  /** How many of them may be without a file. Default: all. */
  readonly parallelOthersPerKey?: number;
  readonly clock?: Clock;
}

interface Waiter {
  readonly key: string;
  readonly kind: "file" | "other";
  start(): void;
}

/** Makes a limiter for one process. The limits: https://yandex.com/dev/metrika/en/intro/quotas */
export function createRateLimiter(options: RateLimiterOptions = {}): RateLimiter {
  const { requestsPerSecond = 30, parallelPerKey = 3, clock = systemClock } = options;
  const { parallelOthersPerKey = parallelPerKey } = options;
  const waiting = new Set<Waiter>();
  const running = new Map<string, { file: number; other: number }>();
  let starts: number[] = [];
  let cancelWake: (() => void) | null = null;

  return {
    acquire(key, { kind = "file", signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          waiting.delete(waiter);
          if (waiting.size === 0) cancelWake?.();
          reject(signal?.reason);
        };
        const waiter: Waiter = {
          key,
          kind,
          start() {
            signal?.removeEventListener("abort", onAbort);
            resolve(onceOnly(() => release(key, kind)));
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
      const taken = running.get(waiter.key) ?? { file: 0, other: 0 };
      if (taken.file + taken.other >= parallelPerKey) continue;
      if (waiter.kind === "other" && taken.other >= parallelOthersPerKey) continue;
      waiting.delete(waiter);
      taken[waiter.kind]++;
      running.set(waiter.key, taken);
      starts.push(now);
      waiter.start();
    }
  }

  function release(key: string, kind: Waiter["kind"]): void {
    const taken = running.get(key);
    if (taken) {
      taken[kind]--;
      if (taken.file + taken.other === 0) running.delete(key);
    }
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
