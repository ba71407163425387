import { sameRevenue, strongestIdentifier } from "../../conversion/natural-key.ts";
import { isGivenUp } from "../meet-fact.ts";
import {
  type AskedKey,
  type Known,
  type KnownFact,
  lockFacts,
  naturalKey,
  readById,
  readByNaturalKey,
  readTellers,
  standingOf,
} from "./known-facts.ts";
import type { Line } from "./new-conversions.ts";
import type { Purchases } from "./purchases.ts";
import type { Tx } from "./tx.ts";

interface Meeting {
  readonly tx: Tx;
  readonly lines: readonly Line[];
  /** Those of the lines that were tried to be inserted, and the ids of those that were. */
  readonly newcomers: readonly Line[];
  readonly inserted: ReadonlySet<number>;
  readonly purchases: Purchases;
  /** Is filled with all that the lines meet. */
  readonly known: Known;
}

/**
 * Reads what the lines of a group meet that are not new, and locks what may still change beside this transaction. Returns which
 * fact a newcomer turned out to be: its own id if it is new.
 */
export async function meetFacts(meeting: Meeting): Promise<(newcomer: Line) => number> {
  const { tx, lines, newcomers, inserted, purchases, known } = meeting;
  const keys = new Map(newcomers.map((line) => [line, naturalKey(line.slice.source, line.row.conversion)]));
  const byKey = new Map<string, number>();
  for (const [line, key] of keys) {
    if (!inserted.has(line.id)) continue;
    byKey.set(key, line.id);
    known.facts.set(line.id, newFact(line));
  }
  const asked = new Map<string, AskedKey>();
  for (const [{ slice, row }, key] of keys) {
    if (byKey.has(key) || asked.has(key)) continue;
    const { conversion } = row;
    asked.set(key, { source: slice.source, conversion, identifier: strongestIdentifier(conversion).kind });
  }
  const met = await readMet(meeting, asked, byKey);
  const idOf = (newcomer: Line) => byKey.get(keys.get(newcomer) ?? "") as number;

  const tellings = new Map<number, Line[]>();
  for (const line of lines) {
    const purchase = line.slice.source.dedupeBy === "purchase" ? purchases.get(line.row.keyHash ?? "") : undefined;
    const isNewcomer = keys.has(line);
    if (isNewcomer && purchase) purchase.factId = idOf(line);
    const id = isNewcomer ? idOf(line) : purchase?.factId;
    if (id === undefined || !met.has(id)) continue;
    const of = tellings.get(id);
    if (of) of.push(line);
    else tellings.set(id, [line]);
  }
  const isRevised = (fact: KnownFact) =>
    isGivenUp(standingOf(known, fact)) ||
    (tellings.get(fact.id)?.some(({ row }) => !sameRevenue(fact, row.conversion)) ?? false);
  // A repeat of a line that stands in a file needs no lock: whatever befalls the fact, that line stays where it is.
  const moving = [...met].flatMap((id) => {
    const fact = known.facts.get(id);
    return fact && (fact.uploadId === null || isRevised(fact)) ? [fact] : [];
  });
  if (moving.length > 0) await lockFacts(tx, known, moving, isRevised);
  return idOf;
}

/** Reads the facts behind natural keys and purchases; the ids of those that were there before this group. */
async function readMet(
  { tx, lines, purchases, known }: Meeting,
  asked: ReadonlyMap<string, AskedKey>,
  byKey: Map<string, number>,
): Promise<ReadonlySet<number>> {
  const bought = new Map<number, { readonly id: number; readonly dateTime: number }>();
  for (const { slice, row } of lines) {
    const purchase = slice.source.dedupeBy === "purchase" && row.keyHash !== null && purchases.get(row.keyHash);
    if (!purchase || purchase.dateTime === null) continue;
    bought.set(purchase.conversionId, { id: purchase.conversionId, dateTime: purchase.dateTime });
  }
  const grown = new Set(lines.flatMap(({ slice, batchId }) => (slice.batchId === null ? [] : [batchId])));
  const [found] = await Promise.all([
    asked.size > 0 ? readByNaturalKey(tx, known, [...asked.values()]) : new Map<number, number>(),
    bought.size > 0 ? readById(tx, known, [...bought.values()]) : null,
    readTellers(tx, known, [...grown]),
  ]);
  let n = 0;
  for (const key of asked.keys()) {
    const id = found.get(n++);
    if (id === undefined) throw new Error("A conversion met a natural key that is not there.");
    byKey.set(key, id);
  }
  return new Set([...found.values(), ...bought.keys()]);
}

function newFact({ slice, batchId, row, id }: Line): KnownFact {
  const { conversion } = row;
  return {
    id,
    dateTime: conversion.dateTime,
    target: conversion.target,
    identifier: strongestIdentifier(conversion).kind,
    batchId,
    row: row.row,
    sourceId: slice.source.id,
    price: conversion.price,
    currency: conversion.currency,
    revision: 0,
    uploadId: null,
    setAside: null,
    earlier: [],
  };
}
