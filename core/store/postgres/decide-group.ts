import { sameRevenue } from "../../conversion/natural-key.ts";
import { isGivenUp, mayBeLateRetry, samePurchaseAgain, staleRevision } from "../meet-fact.ts";
import type { IntakeSlice, RowWarning } from "../store.ts";
import { createGroupWrites, type GroupWrites } from "./group-writes.ts";
import { insertApart } from "./insert-apart.ts";
import { type KnownFact, nothingKnown, standingOf } from "./known-facts.ts";
import { meetFacts } from "./meet-facts.ts";
import { insertConversions, type Line } from "./new-conversions.ts";
import { claimPurchases, type Purchases, pointPurchases, readExactPurchases } from "./purchases.ts";
import type { Tx } from "./tx.ts";

const NONE: ReadonlyMap<Line, Line> = new Map();

/** A slice with its batch, and an id for each of its rows in case that it is new. */
export interface NumberedSlice {
  readonly slice: IntakeSlice;
  readonly batchId: number;
  readonly ids: readonly number[];
}

/** What becomes of one slice. */
export interface Outcome {
  readonly slice: IntakeSlice;
  readonly batchId: number;
  readonly duplicates: { readonly row: number; readonly conversionId: number }[];
  readonly warnings: RowWarning[];
  /** The ids of the conversions that are new. */
  first: number | null;
  last: number | null;
}

/** What becomes of a group, and what is still to be written for it. */
export interface DecidedGroup {
  readonly outcomes: readonly Outcome[];
  readonly writes: GroupWrites;
  /** When purchases of exact sources happened (Unix seconds) that nobody knew before, by their keyed hashes. */
  readonly purchases: ReadonlyMap<string, number>;
}

/**
 * Writes the conversions of a group that are new, and decides row by row what becomes of the others, as if one slice came after
 * the other.
 * @param recent when purchases of exact sources happened that are in no file yet, by their keyed hashes
 */
export async function decideGroup(
  tx: Tx,
  group: readonly NumberedSlice[],
  recent: (keyHash: string) => number | undefined,
): Promise<DecidedGroup> {
  const told = group.flatMap(({ slice, batchId, ids }) =>
    slice.rows.map((row, i): Line => ({ slice, batchId, row, id: ids[i] as number })),
  );
  const purchases: Purchases = new Map();
  const claiming = await claimPurchases(tx, told, purchases);
  const [plain] = await Promise.all([insertConversions(tx, claiming), readExactPurchases(tx, told, purchases)]);
  const apart = plain.size === told.length ? NONE : await insertApart(tx, claiming, plain);
  const inPlace = (line: Line) => apart.get(line) ?? line;
  const [lines, newcomers] = apart.size === 0 ? [told, claiming] : [told.map(inPlace), claiming.map(inPlace)];
  const inserted = apart.size === 0 ? plain : new Set([...plain, ...[...apart.values()].map(({ id }) => id)]);
  const known = nothingKnown();
  const isNew = inserted.size === lines.length;
  const idOf = isNew ? (line: Line) => line.id : await meetFacts({ tx, lines, newcomers, inserted, purchases, known });

  const writes = createGroupWrites(known);
  const bought = new Map<string, number>();
  const pointed = new Map<string, number>();

  function meet({ slice, batchId, row }: Line, fact: KnownFact, { duplicates, warnings }: Outcome): void {
    const isSame = sameRevenue(fact, row.conversion);
    const isLate = !isSame && isLateRetry(slice, batchId, row.conversion, fact);
    if (isLate) warnings.push(staleRevision(row));
    if (isLate || (isSame && !isGivenUp(standingOf(known, fact)))) {
      writes.repeat(batchId, row.row, fact);
      duplicates.push({ row: row.row, conversionId: fact.id });
    } else writes.revise(slice, batchId, row, fact);
  }

  function isLateRetry(
    { now }: IntakeSlice,
    batchId: number,
    price: Parameters<typeof sameRevenue>[0],
    fact: KnownFact,
  ): boolean {
    const teller = known.tellers.get(fact.batchId) ?? { createdAt: now, sealed: false };
    return mayBeLateRetry(teller, fact.batchId === batchId, now) && fact.earlier.some((e) => sameRevenue(e, price));
  }

  function decideLine(line: Line, outcome: Outcome): void {
    const { slice, batchId, row } = line;
    const { keyHash } = row;
    const purchase = keyHash === null ? undefined : purchases.get(keyHash);
    const isByPurchase = slice.source.dedupeBy === "purchase";
    if (isByPurchase && purchase && purchase.conversionId !== line.id) {
      const fact = known.facts.get(purchase.factId);
      if (fact) {
        meet(line, fact, outcome);
        return;
      }
      // It has passed its retention long ago: its key still knows that Metrika has counted it.
      const settled = { id: purchase.conversionId, revision: 0, uploadId: purchase.uploadId };
      writes.repeat(batchId, row.row, { ...settled, target: "", setAside: null });
      outcome.duplicates.push({ row: row.row, conversionId: settled.id });
      return;
    }
    const id = idOf(line);
    if (id !== line.id) {
      if (isByPurchase && keyHash !== null) pointed.set(keyHash, id);
      meet(line, known.facts.get(id) as KnownFact, outcome);
      return;
    }
    outcome.first ??= id;
    outcome.last = id;
    if (isByPurchase || keyHash === null) return;
    const firstTime = purchase?.dateTime ?? bought.get(keyHash) ?? recent(keyHash);
    if (firstTime === undefined) bought.set(keyHash, row.conversion.dateTime);
    else if (firstTime !== row.conversion.dateTime) outcome.warnings.push(samePurchaseAgain(row, firstTime));
  }

  let next = 0;
  const outcomes = group.map(({ slice, batchId }): Outcome => {
    const outcome: Outcome = { slice, batchId, duplicates: [], warnings: [], first: null, last: null };
    for (const end = next + slice.rows.length; next < end; next++) decideLine(lines[next] as Line, outcome);
    const createdAt = known.tellers.get(batchId)?.createdAt ?? slice.now;
    known.tellers.set(batchId, { createdAt, sealed: slice.last });
    return outcome;
  });
  pointPurchases(tx, pointed);
  return { outcomes, writes, purchases: bought };
}
