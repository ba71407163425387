import type { IntakeStore } from "../store/store.ts";

/** Batches whose sender was told "not now" after a part of them was written: they must go before anything planned after them. */
export interface HalfWritten {
  add(batchId: number): void;
  /** Takes them away; those that the database does not let go stay for the next call. Never throws. Nothing to wait for: there are none. */
  discard(): Promise<void> | undefined;
}

/**
 * Makes the list of one process. An unsealed batch holds the planner back, and with it all that others told later: so it is
 * discarded at once, and while the database refuses that, again and again.
 */
export function createHalfWritten(intake: Pick<IntakeStore, "discard">): HalfWritten {
  const batches = new Set<number>();
  async function discardAll(): Promise<void> {
    for (const batchId of batches) {
      try {
        await intake.discard(batchId);
      } catch {
        return;
      }
      batches.delete(batchId);
    }
  }
  return {
    add: (batchId) => void batches.add(batchId),
    discard: () => (batches.size === 0 ? undefined : discardAll()),
  };
}
