import { type Clock, systemClock } from "./clock.ts";
import type { RequestArea } from "./quota.ts";

/** Lets requests out no faster than Metrika allows. */
export interface RateLimiter {
  /**
   * Waits for a turn. Turns are given in the order of asking, except that a login whose places are all taken does not
   * hold up the others.
   *
   * @param key the Yandex login; at most `parallelPerKey` requests of one key are on the way at once.
   * @param options.kind whether the request carries a file; default: it does
   * @param options.area the part of the API, where it has quotas of its own. Whoever waits for a report may wait five
   *   minutes and holds up nobody meanwhile.
   * @returns a function that gives the place back; calling it again does nothing.
   * @throws the signal's reason when it is aborted while waiting.
   */
  acquire(
    key: string,
    options?: {
      readonly kind?: "file" | "other";
      readonly area?: RequestArea | undefined;
      readonly signal?: AbortSignal | undefined;
    },
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
  /** Reports of one key within any five minutes. Metrika allows a login 200. */
  readonly reportsPerFiveMinutes?: number;
  /** Requests to the Logs API within any one second, over all keys. Metrika allows 10 for one IP address. */
  readonly logsPerSecond?: number;
  readonly clock?: Clock;
}

interface Waiter {
  readonly key: string;
  readonly kind: "file" | "other";
  readonly area: RequestArea | undefined;
  start(): void;
}

/** The starts within a span of time, of which only so many are allowed. */
interface StartWindow {
  readonly limit: number;
  readonly spanMs: number;
  starts: number[];
}

/** Makes a limiter for one process. The limits: https://yandex.com/dev/metrika/en/intro/quotas */
export function createRateLimiter(options: RateLimiterOptions = {}): RateLimiter {
  const { requestsPerSecond = 30, parallelPerKey = 3, clock = systemClock } = options;
  const { parallelOthersPerKey = parallelPerKey, reportsPerFiveMinutes = 200, logsPerSecond = 10 } = options;
  const waiting = new Set<Waiter>();
  const running = new Map<string, { file: number; other: number }>();
  const everything: StartWindow = { limit: requestsPerSecond, spanMs: 1000, starts: [] };
  const logs: StartWindow = { limit: logsPerSecond, spanMs: 1000, starts: [] };
  const reports = new Map<string, StartWindow>();
  let cancelWake: (() => void) | null = null;

  return {
    acquire(key, { kind = "file", area, signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          waiting.delete(waiter);
          if (waiting.size === 0) cancelWake?.();
          reject(signal?.reason);
        };
        const waiter: Waiter = {
          ...{ key, kind, area },
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
    for (const [key, window] of reports)
      if (roomAt(window, now) <= now && window.starts.length === 0) reports.delete(key);
    let wake = Number.POSITIVE_INFINITY;
    for (const waiter of waiting) {
      const free = roomAt(everything, now);
      if (free > now) {
        wake = Math.min(wake, free);
        break;
      }
      const taken = running.get(waiter.key) ?? { file: 0, other: 0 };
      if (taken.file + taken.other >= parallelPerKey) continue;
      if (waiter.kind === "other" && taken.other >= parallelOthersPerKey) continue;
      const own = windowOf(waiter);
      const ownFree = own === null ? now : roomAt(own, now);
      if (ownFree > now) {
        wake = Math.min(wake, ownFree);
        continue;
      }
      waiting.delete(waiter);
      taken[waiter.kind]++;
      running.set(waiter.key, taken);
      everything.starts.push(now);
      own?.starts.push(now);
      waiter.start();
    }
    if (wake < Number.POSITIVE_INFINITY) wakeAt(wake - now);
  }

  function windowOf({ key, area }: Waiter): StartWindow | null {
    if (area === undefined) return null;
    if (area === "logs") return logs;
    const window = reports.get(key) ?? { limit: reportsPerFiveMinutes, spanMs: FIVE_MINUTES, starts: [] };
    reports.set(key, window);
    return window;
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

const FIVE_MINUTES = 300_000;

/** When the next start is allowed; not later than `now` when it is allowed already. */
function roomAt(window: StartWindow, now: number): number {
  // A start in the future means that the clock was set back: forget it rather than wait for it.
  window.starts = window.starts.filter((start) => start <= now && now - start < window.spanMs);
  return window.starts.length < window.limit ? now : (window.starts[0] ?? now) + window.spanMs;
}

function onceOnly(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
