import { readPurchases } from "./known-facts.ts";
import { lists } from "./lists.ts";
import type { Line } from "./new-conversions.ts";
import type { Tx } from "./tx.ts";

/** A purchase that rows of a group name, and that is known, or has just been claimed by the first of them. */
export interface Purchase {
  /** The conversion that its key leads to: a known one, or the claiming row's own. */
  readonly conversionId: number;
  /** The file that a fact which has passed its retention went in. */
  readonly uploadId: number | null;
  /** Of a known fact, in Unix seconds. */
  readonly dateTime: number | null;
  /** The fact that it turns out to be. */
  factId: number;
}

/** By their keyed hashes. */
export type Purchases = Map<string, Purchase>;

const CLAIM = `insert into gateway.source_keys (key_hash, conversion_id, expires_at)
  select * from unnest($1::text[], $2::bigint[], $3::bigint[]) order by 1 on conflict do nothing returning key_hash`;
const TAKE_OVER = `update gateway.source_keys t set conversion_id = n.id, expires_at = n.expires_at
  from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) as n(key_hash, id, expires_at, before)
  where t.key_hash = n.key_hash and t.conversion_id = n.before returning t.key_hash`;
const POINT = `update gateway.source_keys t set conversion_id = n.id from unnest($1::text[], $2::bigint[]) as n(key_hash, id)
  where t.key_hash = n.key_hash`;

/**
 * Claims the purchases of sources that know a fact by its purchase, before anything is written under them: of two gateways that
 * tell one at once, the later waits here and then sees the fact of the first. Returns the lines that may be new.
 */
export async function claimPurchases(tx: Tx, lines: readonly Line[], purchases: Purchases): Promise<readonly Line[]> {
  const firsts = new Map<string, Line>();
  for (const line of lines) {
    const { keyHash } = line.row;
    if (line.slice.source.dedupeBy === "purchase" && keyHash !== null && !firsts.has(keyHash))
      firsts.set(keyHash, line);
  }
  if (firsts.size === 0) return lines;
  const own = ({ id }: Line): Purchase => ({ conversionId: id, uploadId: null, dateTime: null, factId: id });
  const claimed = await tx.ask<{ key_hash: string }>(
    CLAIM,
    lists(
      [...firsts],
      ([keyHash]) => keyHash,
      ([, line]) => line.id,
      ([, line]) => line.slice.keysExpireAt,
    ),
  );
  for (const { key_hash } of claimed) purchases.set(key_hash, own(firsts.get(key_hash) as Line));
  for (;;) {
    const rest = [...firsts.keys()].filter((keyHash) => !purchases.has(keyHash));
    if (rest.length === 0) break;
    const stale: { readonly keyHash: string; readonly before: number; readonly line: Line }[] = [];
    for (const { keyHash, conversionId, uploadId, dateTime } of await readPurchases(tx, rest)) {
      // Its fact is gone, and Metrika never had it.
      const isStale = dateTime === null && uploadId === null;
      if (isStale) stale.push({ keyHash, before: conversionId, line: firsts.get(keyHash) as Line });
      else purchases.set(keyHash, { conversionId, uploadId, dateTime, factId: conversionId });
    }
    if (stale.length === 0 && rest.some((keyHash) => !purchases.has(keyHash)))
      throw new Error("A purchase met a key that is not there.");
    if (stale.length === 0) break;
    const taken = await tx.ask<{ key_hash: string }>(
      TAKE_OVER,
      lists(
        stale,
        (s) => s.keyHash,
        (s) => s.line.id,
        (s) => s.line.slice.keysExpireAt,
        (s) => s.before,
      ),
    );
    for (const { key_hash } of taken) purchases.set(key_hash, own(firsts.get(key_hash) as Line));
  }
  return lines.filter(({ slice, row, id }) => {
    const isByPurchase = slice.source.dedupeBy === "purchase" && row.keyHash !== null;
    return !isByPurchase || purchases.get(row.keyHash)?.conversionId === id;
  });
}

/** Looks up which purchases of exact sources are known: they are told again with a warning. */
export async function readExactPurchases(tx: Tx, lines: readonly Line[], purchases: Purchases): Promise<void> {
  const asked = new Set<string>();
  for (const { slice, row } of lines) {
    if (slice.source.dedupeBy === "exact" && row.keyHash !== null && !purchases.has(row.keyHash))
      asked.add(row.keyHash);
  }
  if (asked.size === 0) return;
  for (const { keyHash, conversionId, uploadId, dateTime } of await readPurchases(tx, [...asked]))
    purchases.set(keyHash, { conversionId, uploadId, dateTime, factId: conversionId });
}

/** Lets claimed purchases lead to facts that turned out to be known already by their natural keys. */
export function pointPurchases(tx: Tx, pointed: ReadonlyMap<string, number>): void {
  if (pointed.size === 0) return;
  tx.send(
    POINT,
    lists(
      [...pointed],
      ([keyHash]) => keyHash,
      ([, id]) => id,
    ),
  );
}
