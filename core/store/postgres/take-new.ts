import { samePurchaseAgain } from "../meet-fact.ts";
import type { IntakeSlice, RowWarning, SliceResult } from "../store.ts";
import { packWarnings } from "../warnings.ts";
import type { NumberedSlice } from "./decide-group.ts";
import { type PostgresDriver, STRUCTURE_LOCK } from "./driver.ts";
import { list, lists, type Value } from "./lists.ts";
import { byKeyOrder, type Line } from "./new-conversions.ts";

/** The statement of migration `0003_intake.sql`. */
const TAKE_NEW = `select gateway.take_new(${Array.from({ length: 28 }, (_, i) => `$${i + 1}`).join()}) as taken`;

/**
 * Writes a group all of whose rows are plainly new, in one round trip. Null: nothing was written, since something was not new, or may
 * not be; that is for `writeGroup` to tell.
 * @param recent when purchases of exact sources happened that are in no file yet, by their keyed hashes
 */
export async function takeNew(
  driver: PostgresDriver,
  group: readonly NumberedSlice[],
  recent: (keyHash: string) => number | undefined,
): Promise<{ readonly results: readonly SliceResult[]; readonly purchases: ReadonlyMap<string, number> } | null> {
  if (!group.every(({ slice }) => isPlain(slice))) return null;
  const told = new Map<string, number>();
  const claims = new Map<string, Line>();
  const warnings = new Map<NumberedSlice, RowWarning[]>();
  const lines: (Line & { readonly nth: number })[] = [];
  for (const [i, numbered] of group.entries()) {
    const { slice, batchId, ids } = numbered;
    for (const [r, row] of slice.rows.entries()) {
      const line = { slice, batchId, row, id: ids[r] as number, nth: i + 1 };
      lines.push(line);
      if (row.keyHash === null) continue;
      if (slice.source.dedupeBy === "purchase") {
        if (claims.has(row.keyHash)) return null;
        claims.set(row.keyHash, line);
        continue;
      }
      const firstTime = told.get(row.keyHash) ?? recent(row.keyHash);
      if (firstTime === undefined) told.set(row.keyHash, row.conversion.dateTime);
      else if (firstTime !== row.conversion.dateTime) {
        const of = warnings.get(numbered) ?? [];
        of.push(samePurchaseAgain(row, firstTime));
        warnings.set(numbered, of);
      }
    }
  }
  const sql = driver.sql;
  const params = [STRUCTURE_LOCK, ...paramsOf(group, lines.sort(byKeyOrder), claims, told, warnings)];
  const [row] = await sql.unsafe(TAKE_NEW, params as (string | number)[], { prepare: driver.prepares });
  if (row?.taken !== true) return null;
  const results = group.map((numbered) => ({
    batchId: numbered.batchId,
    accepted: numbered.slice.rows.length,
    duplicates: [],
    warnings: warnings.get(numbered) ?? [],
  }));
  return { results, purchases: told };
}

/**
 * A batch that has been begun may be taken away beside this. Counters other than the sources' own, and sales that name no visitor,
 * are rare, and more is written of them.
 */
const isPlain = ({ batchId, source, unidentified }: IntakeSlice) =>
  batchId === null && source.isOwnCounter && unidentified.length === 0;

function paramsOf(
  group: readonly NumberedSlice[],
  lines: readonly (Line & { readonly nth: number })[],
  claims: ReadonlyMap<string, Line>,
  told: ReadonlyMap<string, number>,
  warnings: ReadonlyMap<NumberedSlice, readonly RowWarning[]>,
): readonly Value[] {
  const answers = group.flatMap(({ slice, batchId }) => {
    if (!slice.last || !slice.idempotency) return [];
    const { key, bodyHash, expiresAt } = slice.idempotency;
    return { source_id: slice.source.id, key, body_hash: bodyHash, batch_id: batchId, expires_at: expiresAt };
  });
  const purchases = [...claims].map(([key_hash, { id, slice }]) => ({
    ...{ key_hash, conversion_id: id, expires_at: slice.keysExpireAt },
  }));
  const rejected = group.flatMap(({ slice, batchId }) =>
    slice.rejected.map((r) => ({ batch_id: batchId, ...r, expires_at: slice.rejectedExpireAt })),
  );
  const json = (rows: readonly unknown[]) => (rows.length === 0 ? null : JSON.stringify(rows));
  return [
    Math.max(...group.map(({ slice }) => slice.now)),
    ...lists(
      group,
      (g) => g.batchId,
      (g) => g.slice.source.id,
      (g) => g.slice.source.workspaceId,
      (g) => g.slice.source.counterId,
      (g) => g.slice.received,
      (g) => g.slice.rejected.length,
      (g) => (g.slice.last ? 1 : 0),
      (g) => (g.slice.last ? packWarnings([...g.slice.warnings, ...(warnings.get(g) ?? [])]) : null),
      (g) => g.ids[0] ?? null,
      (g) => g.ids.at(-1) ?? null,
      (g) => g.slice.now,
    ),
    ...lists(
      lines,
      (l) => l.id,
      (l) => l.nth,
      (l) => l.row.row,
      (l) => l.row.conversion.dateTime,
      (l) => l.row.conversion.target,
    ),
    texts(lines, (l) => l.row.conversion.clientId),
    texts(lines, (l) => l.row.conversion.userId),
    texts(lines, (l) => l.row.conversion.yclid),
    texts(lines, (l) => l.row.conversion.purchaseId),
    list(lines.map((l) => l.row.conversion.price)),
    texts(lines, (l) => l.row.conversion.currency),
    json(rejected),
    json(answers),
    json(purchases),
    list([...told.keys()]),
  ];
}

/** A column most of which are empty throughout: sent as nothing then. */
function texts(lines: readonly Line[], column: (line: Line) => string): string {
  return lines.some((line) => column(line) !== "") ? (lists(lines, column)[0] as string) : "{}";
}
