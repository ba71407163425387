import type { DeliveryDeps } from "./deps.ts";

/** Batches filed in one transaction. */
const PAGE_BATCHES = 2000;
/** Pages of one round: under a stream of new batches, the rest of the worker must have its turn. */
const MOST_PAGES = 20;

/** Files new batches under their sources, as many as one round takes. */
export async function fileBatches({ store, breathe }: Pick<DeliveryDeps, "store" | "breathe">): Promise<void> {
  for (let page = 0; page < MOST_PAGES; page++) {
    const since = performance.now();
    const filed = await store.batches.fileUnderSources(PAGE_BATCHES);
    if (filed < PAGE_BATCHES) return;
    await breathe(since);
  }
}
