import type { IntakeRow, IntakeSlice } from "../store.ts";
import { lists } from "./lists.ts";
import type { Tx } from "./tx.ts";

/** One row of a group on its way, with the id that it gets if it is new. */
export interface Line {
  readonly slice: IntakeSlice;
  readonly batchId: number;
  readonly row: IntakeRow;
  readonly id: number;
}

const INSERT = `insert into gateway.conversions
    (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id, user_id, yclid, purchase_id, price, currency)
  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[]) on conflict do nothing returning id`;

/** Inserts those that no fact is known for yet, the first of each in the group; their ids. */
export async function insertConversions(tx: Tx, lines: readonly Line[]): Promise<ReadonlySet<number>> {
  if (lines.length === 0) return new Set();
  // Gateways that tell the same facts at once wait for each other in one order.
  const sorted = lines.toSorted(byKeyOrder);
  const inserted = await tx.ask<{ id: number }>(
    INSERT,
    lists(
      sorted,
      (l) => l.id,
      (l) => l.batchId,
      (l) => l.row.row,
      (l) => l.slice.source.id,
      (l) => l.slice.source.workspaceId,
      (l) => l.slice.source.counterId,
      (l) => l.row.conversion.dateTime,
      (l) => l.row.conversion.target,
      (l) => l.row.conversion.clientId,
      (l) => l.row.conversion.userId,
      (l) => l.row.conversion.yclid,
      (l) => l.row.conversion.purchaseId,
      (l) => l.row.conversion.price,
      (l) => l.row.conversion.currency,
    ),
  );
  return new Set(inserted.map(({ id }) => id));
}

/** Of times in Unix seconds: a range of them names the partitions to look at. */
export function span(facts: readonly { readonly dateTime: number }[]): { earliest: number; latest: number } {
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const { dateTime } of facts) {
    earliest = Math.min(earliest, dateTime);
    latest = Math.max(latest, dateTime);
  }
  return { earliest, latest };
}

/** The order of the natural key; which of two equal ones came first in the group is kept by the stable sort. */
export function byKeyOrder(a: Line, b: Line): number {
  const [x, y] = [a.row.conversion, b.row.conversion];
  return (
    x.dateTime - y.dateTime ||
    a.slice.source.counterId - b.slice.source.counterId ||
    a.slice.source.workspaceId - b.slice.source.workspaceId ||
    byText(x.target, y.target) ||
    byText(x.clientId, y.clientId) ||
    byText(x.userId, y.userId) ||
    byText(x.yclid, y.yclid) ||
    byText(x.purchaseId, y.purchaseId)
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
