import type { DeliveryDeps } from "./deps.ts";

/**
 * Flags uploads that are not sent though the first of their rows can no longer be joined to a visit; each is told once in the
 * log. They are still sent: the 21 days run from the visitor's last visit, which only Metrika knows.
 * @param at Unix milliseconds
 */
export async function flagLateUploads({ store, log }: Pick<DeliveryDeps, "store" | "log">, at: number): Promise<void> {
  for (const { uuid, counterId, rows, state, deadline } of await store.uploads.flagLate(at)) {
    log.warn("Upload {upload} with {rows} rows is late: it is still {state}, and by {deadline} it should have gone", {
      upload: uuid,
      counter: counterId,
      rows,
      state,
      deadline: deadline === null ? null : new Date(deadline).toISOString(),
    });
  }
}
