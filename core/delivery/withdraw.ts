import type { WithdrawalCursor, Withdrawn, WithdrawnRows } from "../store/store.ts";
import type { DeliveryDeps } from "./deps.ts";

/** Rows looked at in one transaction; the event loop breathes between two steps. */
const STEP_ROWS = 500;

/** What withdrawing works with. */
export type WithdrawDeps = Pick<DeliveryDeps, "store" | "now" | "breathe">;

/** What became of a wish to cancel rows. */
export interface Cancelled {
  readonly cancelled: number;
  /** Rows that are on their way to Metrika, which cannot delete; of a batch also those that it has. */
  readonly notCancellable: number;
}

/** Cancels the rows of a batch or source that are not on their way yet; with `dryRun` only counts them. */
export async function cancelRows(deps: WithdrawDeps, of: Withdrawn, dryRun: boolean): Promise<Cancelled> {
  const { withdrawals } = deps.store;
  const counting = dryRun ? { counted: new Set<number>() } : {};
  const cancelled = await walk(deps, (step) => withdrawals.cancel({ of, ...counting, ...step }));
  return { cancelled, notCancellable: await withdrawals.countSent(of) };
}

/** Takes the rows of a source out of files that are not on their way, after a person has paused its delivery. */
export async function holdSource(deps: WithdrawDeps, sourceId: number): Promise<number> {
  return walk(deps, (step) => deps.store.withdrawals.hold({ of: { sourceId }, ...step }));
}

/** Gives the rows of a source back to the planner, after a person has resumed its delivery. */
export async function releaseSource(deps: WithdrawDeps, sourceId: number): Promise<number> {
  return walk(deps, (step) => deps.store.withdrawals.release({ of: { sourceId }, ...step }));
}

/** Finishes what a crash in the middle of pausing or resuming has left. */
export async function finishPausing(deps: WithdrawDeps): Promise<void> {
  const { toHold, toRelease } = await deps.store.withdrawals.interrupted();
  for (const sourceId of toHold) await holdSource(deps, sourceId);
  for (const sourceId of toRelease) await releaseSource(deps, sourceId);
}

type Step = { readonly cursor: WithdrawalCursor | null; readonly limit: number; readonly now: number };

async function walk({ now, breathe }: WithdrawDeps, take: (step: Step) => Promise<WithdrawnRows>): Promise<number> {
  let rows = 0;
  let cursor: WithdrawalCursor | null = null;
  do {
    const since = performance.now();
    const done: WithdrawnRows = await take({ cursor, limit: STEP_ROWS, now: now() });
    rows += done.rows;
    cursor = done.cursor;
    await breathe(since);
  } while (cursor !== null);
  return rows;
}
