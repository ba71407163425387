import type { RawIntakeFilter, RawIntakeStore } from "../../store/store.ts";

/** Brought back in one statement. */
const PORTION = 500;

/** What a replay works with. */
export interface ReplayingDeps {
  readonly store: { readonly rawIntakes: Pick<RawIntakeStore, "replay"> };
  readonly now: () => number;
  /** Lets the event loop serve others, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
}

/**
 * Brings raw intakes back to be handled once more, as many as `countReplayable` counts. What they told before is recognised by its key:
 * only what Metrika never took, and what has changed since, is sent. What ends again while this goes on is not brought back twice.
 */
export async function replayRawIntakes(
  { store, now, breathe }: ReplayingDeps,
  filter: RawIntakeFilter,
): Promise<number> {
  let replayed = 0;
  let after: number | null = null;
  do {
    const since = performance.now();
    const portion: Awaited<ReturnType<RawIntakeStore["replay"]>> = await store.rawIntakes.replay(
      filter,
      after,
      PORTION,
      now(),
    );
    replayed += portion.replayed;
    after = portion.after;
    await breathe(since);
  } while (after !== null);
  return replayed;
}
