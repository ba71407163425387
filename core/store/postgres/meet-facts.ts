import { sameRevenue, strongestIdentifier } from "../../conversion/natural-key.ts";
import { isGivenUp } from "../meet-fact.ts";
import {
  type Known,
  type KnownFact,
  lockFacts,
  naturalKey,
  readById,
  readByNaturalKey,
  readTellers,
} from "./known-facts.ts";
import { type Line, readInserted } from "./new-conversions.ts";
import type { Purchases } from "./purchases.ts";
import type { Tx } from "./tx.ts";

interface Meeting {
  readonly tx: Tx;
  readonly lines: readonly Line[];
  /** Those of the lines that were tried to be inserted, and how many were. */
  readonly newcomers: readonly Line[];
  readonly inserted: number;
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
  const isAll = inserted === newcomers.length;
  const written = isAll ? null : await readInserted(tx, newcomers);
  const byKey = new Map<string, number>();
  const unknown = new Map<string, Line>();
  for (const line of newcomers) {
    if (written !== null && !written.has(line.id)) continue;
    byKey.set(keyOf(line), line.id);
    known.facts.set(line.id, newFact(line));
  }
  if (written !== null) {
    for (const line of newcomers) {
      const key = keyOf(line);
      if (!byKey.has(key)) unknown.set(key, line);
    }
  }
  const met = await readMet(meeting, unknown, byKey);
  const idOf = (line: Line) => byKey.get(keyOf(line)) as number;

  const own = new Set(newcomers);
  for (const line of newcomers) {
    const purchase = line.slice.source.dedupeBy === "purchase" && purchases.get(line.row.keyHash ?? "");
    if (purchase) purchase.factId = idOf(line);
  }
  const tellings = new Map<number, Line[]>();
  for (const line of lines) {
    const id = own.has(line) ? idOf(line) : purchases.get(line.row.keyHash ?? "")?.factId;
    if (id === undefined || !met.has(id)) continue;
    const of = tellings.get(id);
    if (of) of.push(line);
    else tellings.set(id, [line]);
  }
  const isRevised = (fact: KnownFact) => {
    const file = fact.uploadId === null ? null : (known.files.get(fact.uploadId) ?? null);
    if (isGivenUp({ file, setAside: fact.setAside })) return true;
    return tellings.get(fact.id)?.some(({ row }) => !sameRevenue(fact, row.conversion)) ?? false;
  };
  // A repeat of a line that stands in a file needs no lock: whatever befalls the fact, that line stays where it is.
  const moving = [...met]
    .map((id) => known.facts.get(id) as KnownFact)
    .filter((f) => f.uploadId === null || isRevised(f));
  if (moving.length > 0) await lockFacts(tx, known, moving, isRevised);
  return idOf;
}

/** Reads the facts behind natural keys and purchases; the ids of those that were there before this group. */
async function readMet(
  { tx, lines, purchases, known }: Meeting,
  unknown: ReadonlyMap<string, Line>,
  byKey: Map<string, number>,
): Promise<ReadonlySet<number>> {
  const asked = [...unknown].map(([key, { slice, row }]) => ({
    key,
    source: slice.source,
    conversion: row.conversion,
  }));
  const bought = new Map<number, { readonly id: number; readonly dateTime: number }>();
  for (const { slice, row } of lines) {
    const purchase = slice.source.dedupeBy === "purchase" && row.keyHash !== null && purchases.get(row.keyHash);
    if (!purchase || purchase.dateTime === null) continue;
    bought.set(purchase.conversionId, { id: purchase.conversionId, dateTime: purchase.dateTime });
  }
  const grown = new Set(lines.flatMap(({ slice, batchId }) => (slice.batchId === null ? [] : [batchId])));
  const [found] = await Promise.all([
    asked.length > 0 ? readByNaturalKey(tx, known, asked) : new Map<number, number>(),
    bought.size > 0 ? readById(tx, known, [...bought.values()]) : null,
    grown.size > 0 ? readTellers(tx, known, [...grown]) : null,
  ]);
  for (const [i, { key }] of asked.entries()) {
    const id = found.get(i);
    if (id === undefined) throw new Error("A conversion met a natural key that is not there.");
    byKey.set(key, id);
  }
  return new Set([...found.values(), ...bought.keys()]);
}

const keyOf = ({ slice, row }: Line) => naturalKey(slice.source, row.conversion);

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
