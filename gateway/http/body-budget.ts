import { retryLater } from "../../core/plugin/problem.ts";

/** Bounds the bytes of large bodies that are being received at once: each is within its limit, all together may not be. */
export interface BodyBudget {
  /** Opens the account of one body. */
  open(): BodyAccount;
}

/** What one body has taken of the budget. */
export interface BodyAccount {
  /**
   * The body has, or will have, so many bytes in all.
   * @throws {ProblemError} `overloaded`: come back in a moment
   */
  grow(totalBytes: number): void;
  /** The body was read or given up. */
  close(): void;
}

/** Bodies up to this size are not counted: as many as there are connections do no harm. In bytes. */
export const SMALL_BODY = 65_536;

/** Makes a budget of so many bytes for all large bodies together. */
export function createBodyBudget(budgetBytes: number): BodyBudget {
  let taken = 0;
  return {
    open() {
      let mine = 0;
      return {
        grow(totalBytes) {
          const more = totalBytes - mine;
          if (totalBytes <= SMALL_BODY || more <= 0) return;
          // A body that is alone is let in, whatever the budget: its own limit bounds it.
          if (taken > mine && taken + more > budgetBytes) throw retryLater("overloaded", 1);
          taken += more;
          mine = totalBytes;
        },
        close() {
          taken -= mine;
          mine = 0;
        },
      };
    },
  };
}
