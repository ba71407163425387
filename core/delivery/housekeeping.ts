import type { LeaseStore } from "../store/store.ts";

/** How long the others wait for a gateway that died before one of them takes its place. */
const LEASE_MS = 10_000;
/** How often the lease is renewed, or asked for where another has it. */
const ASK_EACH_MS = 2000;

/**
 * What is done once, however many gateways share the database: giving rows their files, reading goals, asking what
 * became of files, replays, and all that is done by the clock. One of them does it; sending is shared out by claims.
 */
export interface Housekeeping {
  /** By which this gateway is known to the others. */
  readonly holder: string;
  /** Whether it is this gateway's to do now. Asks the database now and then; cheap enough before each piece of work. */
  isMine(): Promise<boolean>;
  /** Whether it was this gateway's when that was last asked, without asking. */
  wasMine(): boolean;
  /** Lets another take over at once. */
  release(): Promise<void>;
}

/** @param holder a text that no other gateway has, nor had one that died */
export function createHousekeeping(leases: LeaseStore, holder: string): Housekeeping {
  let askedAt = Number.NEGATIVE_INFINITY;
  let mine = false;
  let asking: Promise<boolean> | null = null;

  async function ask(): Promise<boolean> {
    // From before the question: the lease begins when the database answers it, so it is never thought to be longer than it is.
    const since = performance.now();
    try {
      mine = await leases.take("housekeeping", holder, LEASE_MS);
      askedAt = since;
      return mine;
    } finally {
      asking = null;
    }
  }

  return {
    holder,
    async isMine() {
      if (performance.now() - askedAt < ASK_EACH_MS) return mine;
      asking ??= ask();
      return asking;
    },
    wasMine: () => mine && performance.now() - askedAt < LEASE_MS,
    async release() {
      if (!mine) return;
      mine = false;
      await leases.release("housekeeping", holder);
    },
  };
}
