import { ProblemError } from "../plugin/problem.ts";

/** Holds back whoever tries one code after the other. */
export interface GuessLimit {
  /** @throws {ProblemError} `setup_code_throttled` (429) with the seconds to wait */
  check(by: string): void;
  /** A guess was wrong. */
  count(by: string): void;
}

const WINDOW_MS = 60_000;
/** A code of 80 random bits does not fall to so many guesses from each of any number of processes, so memory is enough. */
const MOST_WRONG = 10;
const MOST_KEPT = 10_000;

/** Makes the limit of one process. */
export function createGuessLimit(now: () => number): GuessLimit {
  const windows = new Map<string, { wrong: number; readonly until: number }>();
  const current = (by: string) => {
    const window = windows.get(by);
    return window && window.until > now() ? window : null;
  };
  return {
    check(by) {
      const window = current(by);
      if (window === null || window.wrong < MOST_WRONG) return;
      const seconds = Math.ceil((window.until - now()) / 1000);
      throw new ProblemError("setup_code_throttled", { seconds }, { headers: { "retry-after": String(seconds) } });
    },
    count(by) {
      const window = current(by);
      if (window !== null) {
        window.wrong++;
        return;
      }
      if (windows.size >= MOST_KEPT) windows.clear();
      windows.set(by, { wrong: 1, until: now() + WINDOW_MS });
    },
  };
}
