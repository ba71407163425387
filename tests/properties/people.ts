import { expect } from "bun:test";
import type { DeliveryDeps } from "../../core/delivery/deps.ts";
import { beginReplay, countDeadLetters } from "../../core/delivery/replay.ts";
import type { DeadLetterReason, WithdrawalCursor, WithdrawnRows } from "../../core/store/store.ts";
import { anyDeadLetter } from "../contract/store/replays.ts";
import { DAY, type World } from "../contract/store/world.ts";

/** Some steps of a replay, then perhaps its end before its time; what is left of it the worker does. */
export interface ReplaySome {
  readonly do: "replay";
  readonly reason: DeadLetterReason | null;
  readonly steps: number;
  readonly cancel: boolean;
}

/** A batch, or with null all that the source told, is cancelled in steps of `limit` rows. */
export interface CancelSome {
  readonly do: "cancel";
  readonly batch: number | null;
  readonly limit: number;
}

/** A person replays; `check` looks at everything after each step. */
export async function replaySome(
  world: World,
  deps: DeliveryDeps,
  { reason, steps, cancel }: ReplaySome,
  check: () => Promise<void>,
): Promise<void> {
  const { replays } = world.store;
  const { workspaceId } = world.source;
  const filter = { ...anyDeadLetter, reasons: reason === null ? null : [reason] };
  const { failed, goal_not_found, cancelled } = await countDeadLetters(deps, workspaceId, filter);
  const replay = await beginReplay(deps, workspaceId, filter);
  expect(replay.matched).toBe(failed + goal_not_found + cancelled);
  const { maxRows, maxBytes } = deps.rules;
  const rules = { limit: 1, maxRows, maxBytes, joinedForMs: 21 * DAY, newUuid: () => world.uuid() };
  for (let step = 0; step < steps; step++) {
    const { state, replayed } = await replays.advance(replay.id, { ...rules, now: world.now });
    expect(replayed).toBeLessThanOrEqual(replay.matched);
    if (state === "completed") expect(replayed).toBe(replay.matched);
    await check();
  }
  if (cancel) await replays.cancel(replay.id, world.now);
}

/** A person cancels what is not on its way; a dry run counts the same rows, and a second run finds none. */
export async function cancelSome(
  world: World,
  batches: readonly number[],
  { batch, limit }: CancelSome,
  check: () => Promise<void>,
): Promise<void> {
  const batchId = batch === null ? undefined : batches[batch % Math.max(1, batches.length)];
  const of = batchId === undefined ? { sourceId: world.source.id } : { batchId };
  const walk = async (dryRun: boolean) => {
    const counting = dryRun ? { counted: new Set<number>() } : {};
    let rows = 0;
    let cursor: WithdrawalCursor | null = null;
    do {
      const done: WithdrawnRows = await world.store.withdrawals.cancel({
        of,
        cursor,
        limit,
        now: world.now,
        ...counting,
      });
      rows += done.rows;
      cursor = done.cursor;
      if (!dryRun) await check();
    } while (cursor !== null);
    return rows;
  };
  const counted = await walk(true);
  expect(await walk(false)).toBe(counted);
  expect(await walk(false)).toBe(0);
}
