import type { DeliveryDeps } from "./deps.ts";

/**
 * Reports faults of the worker itself (a database that is gone, a full disk): at most one line a second for each cause,
 * however often the loop meets it.
 */
export function noteTrouble({ log, now }: Pick<DeliveryDeps, "log" | "now">): (step: string, error: unknown) => void {
  const told = new Map<string, number>();
  return (step, error) => {
    const detail = error instanceof Error ? error.message : String(error);
    const cause = `${step}: ${detail}`;
    const since = now() - (told.get(cause) ?? Number.NEGATIVE_INFINITY);
    // Below zero: the clock was set back, which must not silence a cause until it has caught up.
    if (since >= 0 && since < 1000) return;
    if (told.size > 100) told.clear();
    told.set(cause, now());
    log.warn("Delivery met a fault in step {step} and will try again: {detail}", { step, detail });
  };
}
