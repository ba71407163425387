import { GIVEN, isGiven } from "../../conversion/purchase-key.ts";
import { FARTHEST_SECONDS } from "../sql/same-second.ts";
import { lists } from "./lists.ts";
import { insertConversions, type Line } from "./new-conversions.ts";
import type { Tx } from "./tx.ts";

/** Which of these rows met a fact that came with a key of its own, another than theirs. */
const MET_OTHERS = `select k.n
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    with ordinality as k(date_time, counter_id, workspace_id, target, client_id, user_id, yclid, purchase_id, key_hash, n)
  join gateway.conversions c on c.date_time = k.date_time and c.counter_id = k.counter_id and c.workspace_id = k.workspace_id
    and c.target = k.target and c.client_id = k.client_id and c.user_id = k.user_id and c.yclid = k.yclid and c.purchase_id = k.purchase_id
  where exists (select 1 from gateway.source_keys s
    where s.conversion_id = c.id and s.key_hash <> k.key_hash and s.key_hash like '${GIVEN}%')`;

/**
 * Two deals of one buyer, closed in one second, are two facts, which Metrika would take for one: of facts that are alike in all but
 * the keys that their sources gave, each later one goes to the nearest free second before its own.
 * @param claiming rows that may be new and were tried to be inserted
 * @param inserted the ids of those that were
 * @returns the rows that were written at another second, by what they were
 */
export async function insertApart(
  tx: Tx,
  claiming: readonly Line[],
  inserted: ReadonlySet<number>,
): Promise<ReadonlyMap<Line, Line>> {
  const met = claiming.filter(({ id, slice, row }) => {
    const isByKey = slice.source.dedupeBy === "purchase" && isGiven(row.keyHash);
    return isByKey && !inserted.has(id);
  });
  const apart = new Map<Line, Line>();
  let left = met.length === 0 ? met : await metOthers(tx, met);
  for (let seconds = 1; seconds <= FARTHEST_SECONDS && left.length > 0; seconds++) {
    const moved = new Map(left.map((line) => [line, earlier(line, seconds)]));
    const taken = await insertConversions(tx, [...moved.values()]);
    for (const [line, to] of moved) if (taken.has(to.id)) apart.set(line, to);
    left = left.filter((line) => !apart.has(line));
  }
  return apart;
}

async function metOthers(tx: Tx, met: readonly Line[]): Promise<readonly Line[]> {
  const found = await tx.ask<{ n: number }>(
    MET_OTHERS,
    lists(
      met,
      (l) => l.row.conversion.dateTime,
      (l) => l.slice.source.counterId,
      (l) => l.slice.source.workspaceId,
      (l) => l.row.conversion.target,
      (l) => l.row.conversion.clientId,
      (l) => l.row.conversion.userId,
      (l) => l.row.conversion.yclid,
      (l) => l.row.conversion.purchaseId,
      (l) => l.row.keyHash,
    ),
  );
  const others = new Set(found.map(({ n }) => n));
  return met.filter((_, i) => others.has(i + 1));
}

const earlier = (line: Line, seconds: number): Line => ({
  ...line,
  row: { ...line.row, conversion: { ...line.row.conversion, dateTime: line.row.conversion.dateTime - seconds } },
});
