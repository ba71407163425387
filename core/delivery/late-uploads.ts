import type { DeliveryDeps } from "./deps.ts";

/** How often the worker looks for files that have waited too long. */
const LOOK_EVERY_MS = 3_600_000;

/**
 * Flags, at most once an hour, uploads that are not sent though the first of their rows can no longer be joined to a visit;
 * each is told once in the log. They are still sent: the 21 days run from the visitor's last visit, which only Metrika knows.
 * @returns the look to call in every round of the worker
 */
export function lookForLateUploads({ store, now, log }: Pick<DeliveryDeps, "store" | "now" | "log">) {
  let nextLookAt = Number.NEGATIVE_INFINITY;
  return async (): Promise<void> => {
    const at = now();
    if (at < nextLookAt) return;
    const late = await store.uploads.flagLate(at);
    nextLookAt = at + LOOK_EVERY_MS;
    for (const { uuid, counterId, rows, state, deadline } of late) {
      log.warn("Upload {upload} with {rows} rows is late: it is still {state}, and by {deadline} it should have gone", {
        upload: uuid,
        counter: counterId,
        rows,
        state,
        deadline: deadline === null ? null : new Date(deadline).toISOString(),
      });
    }
  };
}
