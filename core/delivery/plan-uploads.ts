import { PURCHASE_KEYS_KEPT_MS, purchaseKey } from "../conversion/purchase-key.ts";
import type { Placement, SourceRecord, UnassignedRow } from "../store/store.ts";
import type { DeliveryDeps } from "./deps.ts";
import type { PlannedRules } from "./login-plans.ts";
import { type KnownGoals, laneOf, placeRow } from "./place-rows.ts";
import { JOINED_FOR_MS } from "./rules.ts";

/** Rows given a file in one transaction; the event loop breathes between two pages. */
const PAGE_ROWS = 250;
/** Over a network, where a page costs a dozen questions and the event loop waits for none of them. */
const SHARED_PAGE_ROWS = 1000;
/** Rows of one round: under a stream of new ones, sending and polling must have their turn as well. */
const MOST_ROWS = 20_000;

/**
 * Gives the rows that want one their file, as many as one round takes, then closes the files that are ripe. Returns how
 * many rows it placed.
 */
export async function planUploads(deps: DeliveryDeps): Promise<number> {
  const { planning, shared } = deps.store;
  const pageRows = shared === null ? PAGE_ROWS : SHARED_PAGE_ROWS;
  let placed = 0;
  for (const read of [planning.readReturning, planning.readNew]) {
    for (let seen = 0; seen < MOST_ROWS; seen += pageRows) {
      const since = performance.now();
      if (!(await deps.housekeeping.isMine())) return placed;
      const rows = await read(pageRows);
      if (rows.length === 0) break;
      const moved = await placeRows(deps, rows, await goalsOf(deps, rows));
      if (moved === null) return placed;
      placed += moved;
      await deps.breathe(since);
      if (rows.length < pageRows) break;
    }
  }
  if (await deps.housekeeping.isMine()) await planning.sealRipe(deps.now(), deps.rules);
  return placed;
}

/** Places a page of rows by what is known of their counters' goals. Null: it is another gateway's to do now. */
export async function placeRows(
  deps: DeliveryDeps,
  rows: readonly UnassignedRow[],
  goals: ReadonlyMap<string, KnownGoals>,
): Promise<number | null> {
  const now = deps.now();
  const sources = await deps.store.sources.getMany([...new Set(rows.map((row) => row.sourceId))]);
  const rules = await rulesOf(deps, sources.values());
  const placements = rows.map((row): Placement => {
    const source = sources.get(row.sourceId);
    if (!source) throw new Error(`Source ${row.sourceId} of a conversion is gone.`);
    if (source.deliveryPaused) return { row, to: "delivery_paused" };
    const plan = rules.get(source.credentialId) ?? { ...deps.rules, isSplit: true };
    const to = placeRow(row, goals.get(counterKey(row)) ?? null, now, plan.goalRecheckMs);
    if (to !== "upload") return { row, to };
    const keyHash = purchaseKey(deps.vault, row, row);
    return { row, to, lane: laneOf(row, source, plan.isSplit), lingerMs: plan.lingerMs, keyHash };
  });
  const { maxRows, maxBytes, maxLanes } = deps.rules;
  const placed = await deps.store.planning.place(placements, {
    maxRows,
    maxBytes,
    maxLanes,
    joinedForMs: JOINED_FOR_MS,
    now,
    holder: deps.housekeeping.holder,
    newUuid: deps.newUuid,
    keysExpireAt: now + PURCHASE_KEYS_KEPT_MS,
  });
  if (placed === null) return null;
  if (placed.sharedSeconds > 0) {
    deps.log.warn(
      "{rows} conversions found no free second within 30 s: Metrika will keep one of those that share visitor, target and second",
      { rows: placed.sharedSeconds },
    );
  }
  return placed.rows;
}

/** How files of each credential are made, as the quota of its login allows. */
async function rulesOf(
  { store, plans }: DeliveryDeps,
  sources: Iterable<SourceRecord>,
): Promise<ReadonlyMap<number, PlannedRules>> {
  const ids = new Set(Array.from(sources, ({ credentialId }) => credentialId));
  const rules = new Map<number, PlannedRules>();
  for (const credential of await store.credentials.getMany([...ids]))
    rules.set(credential.id, await plans.rulesFor(credential));
  return rules;
}

async function goalsOf(deps: DeliveryDeps, rows: readonly UnassignedRow[]): Promise<ReadonlyMap<string, KnownGoals>> {
  const workspaceIds = [...new Set(rows.map(({ workspaceId }) => workspaceId))];
  const counterIds = [...new Set(rows.map(({ counterId }) => counterId))];
  const known = await deps.store.goals.getMany(workspaceIds, counterIds);
  return new Map(known.map((goals) => [counterKey(goals), { ...goals, identifiers: new Set(goals.identifiers) }]));
}

/** One text for a counter of a workspace. */
export const counterKey = (counter: { readonly workspaceId: number; readonly counterId: number }) =>
  `${counter.workspaceId}/${counter.counterId}`;
