import type { DeadLetterCounts, DeadLetterCursor, DeadLetterFilter, ReplayRecord } from "../store/store.ts";
import type { DeliveryDeps } from "./deps.ts";
import { JOINED_FOR_MS } from "./rules.ts";

/** Rows moved, or counted, in one transaction; the event loop breathes between two steps. */
const STEP_ROWS = 500;
/** Steps of one round: sending and polling must have their turn as well. */
const MOST_STEPS = 20;

type CountingDeps = Pick<DeliveryDeps, "store" | "now" | "breathe">;

/** How many dead letters a filter means, by reason, as a replay would move them now. */
export async function countDeadLetters(
  { store, now, breathe }: CountingDeps,
  workspaceId: number,
  filter: DeadLetterFilter,
): Promise<DeadLetterCounts> {
  const before = now();
  let sum: DeadLetterCounts = { cancelled: 0, goal_not_found: 0, failed: 0 };
  let cursor: DeadLetterCursor | null = null;
  do {
    const since = performance.now();
    const step = await store.deadLetters.count({ workspaceId, filter, cursor, limit: STEP_ROWS, now: before });
    const { cancelled, goal_not_found, failed } = step.counts;
    sum = {
      cancelled: sum.cancelled + cancelled,
      goal_not_found: sum.goal_not_found + goal_not_found,
      failed: sum.failed + failed,
    };
    cursor = step.cursor;
    await breathe(since);
  } while (cursor !== null);
  return sum;
}

/** Writes down a person's wish to bring dead letters back; the worker carries it out. */
export async function beginReplay(
  deps: CountingDeps & Pick<DeliveryDeps, "newUuid">,
  workspaceId: number,
  filter: DeadLetterFilter,
): Promise<ReplayRecord> {
  const { cancelled, goal_not_found, failed } = await countDeadLetters(deps, workspaceId, filter);
  const matched = cancelled + goal_not_found + failed;
  return deps.store.replays.create({ uuid: deps.newUuid(), workspaceId, filter, matched, now: deps.now() });
}

/** Carries replays out, as far as one round goes, one after the other. Returns how many steps it took. */
export async function replayDeadLetters(deps: DeliveryDeps): Promise<number> {
  const { replays } = deps.store;
  for (let steps = 0; ; steps++) {
    const since = performance.now();
    const replay = steps < MOST_STEPS ? await replays.nextRunning() : null;
    if (!replay) return steps;
    const { state, replayed } = await replays.advance(replay.id, {
      limit: STEP_ROWS,
      maxRows: deps.rules.maxRows,
      maxBytes: deps.rules.maxBytes,
      joinedForMs: JOINED_FOR_MS,
      now: deps.now(),
      newUuid: deps.newUuid,
    });
    if (state === "completed") {
      deps.log.info("Replay {replay} brought back {rows} of {matched} rows", {
        replay: replay.uuid,
        rows: replayed,
        matched: replay.matched,
      });
    }
    await deps.breathe(since);
  }
}
