import type { SourceRecord, Store } from "../../store/store.ts";
import type { OpenConfig } from "../open-config.ts";
import { whyHeld } from "./keep-raw-intake.ts";

/** Released in one statement. */
const PORTION = 500;

/** What releasing works with. */
export interface ReleasingDeps {
  readonly store: Pick<Store, "rawIntakes" | "sources">;
  readonly openConfig: OpenConfig;
  readonly now: () => number;
  /** Lets the event loop serve others, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
}

/** Lets what was kept of a source be handled, if the source can be used now; returns how many. */
export async function releaseKept(deps: ReleasingDeps, source: SourceRecord): Promise<number> {
  if (whyHeld(source, deps.openConfig) !== null) return 0;
  let released = 0;
  for (let last = PORTION; last === PORTION; released += last) {
    const since = performance.now();
    last = await deps.store.rawIntakes.release(source.id, deps.now(), PORTION);
    await deps.breathe(since);
  }
  return released;
}

/** The same for every source that something was kept of: one may have been mended by another gateway, or by a start with its plugin. */
export async function releaseAll(deps: ReleasingDeps): Promise<number> {
  let released = 0;
  for (const id of await deps.store.rawIntakes.sourcesWithKept()) {
    const source = await deps.store.sources.get(id);
    if (source !== null) released += await releaseKept(deps, source);
  }
  return released;
}
