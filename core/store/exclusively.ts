import type { LeaseName, LeaseStore } from "./store.ts";

/** How long others wait for a gateway that died in the middle. */
const LEASE_MS = 15_000;
const RENEW_EACH_MS = 5000;
const ASK_EACH_MS = 100;

/** What is to be done by one at a time. */
export interface Turn {
  readonly name: LeaseName;
  /** A text that nobody else has, in this process or another. */
  readonly holder: string;
  /** How long to wait while another is at it; 0: not at all. */
  readonly waitMs: number;
}

/**
 * Does what only one may do at a time, however many gateways there are. Null, and nothing is done, when another was at it all
 * the time.
 */
export async function exclusively<T>(
  leases: LeaseStore,
  { name, holder, waitMs }: Turn,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | null> {
  const until = performance.now() + waitMs;
  while (!(await leases.take(name, holder, LEASE_MS))) {
    if (performance.now() >= until) return null;
    await Bun.sleep(ASK_EACH_MS);
  }
  let renewal: Promise<unknown> = Promise.resolve();
  const renewing = setInterval(() => {
    // One that fails is tried again; the lease outlives two of them.
    renewal = leases.take(name, holder, LEASE_MS).catch(() => {});
  }, RENEW_EACH_MS);
  try {
    return { result: await work() };
  } finally {
    clearInterval(renewing);
    await renewal;
    // What was done is done, even if the lease must now run out by itself.
    await leases.release(name, holder).catch(() => {});
  }
}
