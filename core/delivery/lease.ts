import type { DeliveryDeps } from "./deps.ts";

/** The claim ran out or was taken over: whoever holds it now moves the upload, we must stop. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/**
 * Keeps a claim alive while work moves. `renew` is called before each piece of work: it refuses once the lease is past,
 * so that a worker that slept (a stopped process, a suspended machine) sends no further byte.
 * @throws {LeaseLostError} from `renew`
 */
export function keepLease(deps: DeliveryDeps, uploadId: number, claim: string): { renew(): Promise<void> } {
  const { leaseMs } = deps.rules;
  let until = deps.now() + leaseMs;
  return {
    async renew() {
      const now = deps.now();
      if (now >= until) throw new LeaseLostError("The lease of the upload is past.");
      if (until - now > leaseMs * 0.66) return;
      if (!(await deps.store.uploads.renewLease(uploadId, claim, now + leaseMs))) {
        throw new LeaseLostError("Another worker holds the upload.");
      }
      until = now + leaseMs;
    },
  };
}
