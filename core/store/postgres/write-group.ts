import type { SliceResult } from "../store.ts";
import { packWarnings } from "../warnings.ts";
import { decideGroup, type NumberedSlice, type Outcome } from "./decide-group.ts";
import { lists } from "./lists.ts";
import type { Tx } from "./tx.ts";
import { countUnidentified } from "./unidentified-sales.ts";

/** What a group comes to. */
export interface WrittenGroup {
  readonly results: readonly SliceResult[];
  /** When purchases of exact sources happened (Unix seconds) that nobody knew before, by their keyed hashes. */
  readonly purchases: ReadonlyMap<string, number>;
}

/** Another gateway has answered some of the group's idempotency keys: the transaction must not stand. */
export class KeysAnswered extends Error {
  override readonly name = "KeysAnswered";
  /** Those that are still to be had. */
  readonly free: ReadonlySet<string>;
  constructor(free: ReadonlySet<string>) {
    super("An idempotency key was answered meanwhile.");
    this.free = free;
  }
}

// In order: gateways that claim the same keys at once wait for each other in one order.
const CLAIM_ANSWERS = `insert into gateway.idempotency as t (source_id, key, body_hash, batch_id, expires_at)
  select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) order by 1, 2
  on conflict (source_id, key) do update set body_hash = excluded.body_hash, batch_id = excluded.batch_id, expires_at = excluded.expires_at
    where t.expires_at <= $6::bigint
  returning source_id, key`;
const INSERT_REJECTED = `insert into gateway.rejected_rows (batch_id, row, code, field, sealed, expires_at)
  select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[])`;
const INSERT_BATCHES = `insert into gateway.batches
    (id, source_id, counter_id, received, duplicates, rejected, sealed, warnings, first_conversion_id, last_conversion_id, created_at, updated_at)
  select n.*, n.created_at from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[],
    $8::text[], $9::bigint[], $10::bigint[], $11::bigint[])
    as n(id, source_id, counter_id, received, duplicates, rejected, sealed, warnings, first, last, created_at)`;
const KNOW_COUNTERS = `insert into gateway.source_counters (source_id, counter_id)
  select distinct * from unnest($1::bigint[], $2::bigint[]) n(source_id, counter_id) order by 1, 2 on conflict do nothing`;
const GROW_BATCH = `update gateway.batches set duplicates = duplicates + $1, rejected = rejected + $2, sealed = $3, warnings = $4,
    first_conversion_id = least(first_conversion_id, $5::bigint), last_conversion_id = greatest(last_conversion_id, $6::bigint), updated_at = $7
  where id = $8 and sealed = 0`;

/**
 * Writes a group of slices as if one came after the other. What is new is written at once and in bulk; only if something was not
 * new is it looked up what the rest meets.
 * @param known when purchases of exact sources happened that are in no file yet, by their keyed hashes
 * @throws {KeysAnswered} nothing may be committed
 */
export async function writeGroup(
  tx: Tx,
  group: readonly NumberedSlice[],
  known: (keyHash: string) => number | undefined,
): Promise<WrittenGroup> {
  const answers = claimAnswers(tx, group);
  // Only looked at when the conversions are done as well: both are on their way before either is waited for.
  answers.catch(() => {});
  const { writes, outcomes, purchases } = await decideGroup(tx, group, known);
  await answers;
  const fresh = outcomes.filter(({ slice }) => slice.batchId === null);
  for (const { slice, batchId, first, last, ...outcome } of outcomes) {
    if (slice.batchId === null) continue;
    const warnings = slice.last ? packWarnings([...slice.warnings, ...outcome.warnings]) : null;
    const counts = [outcome.duplicates.length, slice.rejected.length, slice.last ? 1 : 0] as const;
    if ((await tx.run(GROW_BATCH, [...counts, warnings, first, last, slice.now, batchId])) === 0)
      throw new Error(`Batch ${batchId} was taken away while it was being written.`);
  }
  if (fresh.length > 0) {
    const warningsOf = ({ slice, warnings }: Outcome) =>
      slice.last ? packWarnings([...slice.warnings, ...warnings]) : null;
    tx.send(
      INSERT_BATCHES,
      lists(
        fresh,
        (o) => o.batchId,
        (o) => o.slice.source.id,
        ({ slice: { source } }) => (source.isOwnCounter ? null : source.counterId),
        (o) => o.slice.received,
        (o) => o.duplicates.length,
        (o) => o.slice.rejected.length,
        (o) => (o.slice.last ? 1 : 0),
        warningsOf,
        (o) => o.first,
        (o) => o.last,
        (o) => o.slice.now,
      ),
    );
  }
  const rejected = group.flatMap(({ slice, batchId }) => slice.rejected.map((r) => ({ ...r, slice, batchId })));
  if (rejected.length > 0) {
    tx.send(
      INSERT_REJECTED,
      lists(
        rejected,
        (r) => r.batchId,
        (r) => r.row,
        (r) => r.code,
        (r) => r.field,
        (r) => r.sealed,
        (r) => r.slice.rejectedExpireAt,
      ),
    );
  }
  const elsewhere = group.filter(({ slice }) => !slice.source.isOwnCounter);
  if (elsewhere.length > 0) {
    tx.send(
      KNOW_COUNTERS,
      lists(
        elsewhere,
        ({ slice }) => slice.source.id,
        ({ slice }) => slice.source.counterId,
      ),
    );
  }
  writes.send(tx);
  await countUnidentified(
    tx,
    group.map(({ slice }) => slice),
  );
  await tx.settled();
  const results = outcomes.map(({ slice, batchId, duplicates, warnings }) => ({
    batchId,
    accepted: slice.rows.length - duplicates.length,
    duplicates,
    warnings,
  }));
  return { results, purchases };
}

/** What `writeGroup` would find for one slice. Writes as it goes: the transaction must not stand. */
export async function previewSlice(
  tx: Tx,
  slice: NumberedSlice,
  known: (keyHash: string) => number | undefined,
): Promise<Omit<SliceResult, "batchId">> {
  const { outcomes } = await decideGroup(tx, [slice], known);
  const [{ duplicates, warnings }] = outcomes as [Outcome];
  return { accepted: slice.slice.rows.length - duplicates.length, duplicates, warnings };
}

async function claimAnswers(tx: Tx, group: readonly NumberedSlice[]): Promise<void> {
  const claims = group.flatMap(({ slice, batchId }) =>
    slice.last && slice.idempotency ? [{ ...slice.idempotency, slice, batchId }] : [],
  );
  if (claims.length === 0) return;
  const free = await tx.ask<{ source_id: number; key: string }>(CLAIM_ANSWERS, [
    ...lists(
      claims,
      (c) => c.slice.source.id,
      (c) => c.key,
      (c) => c.bodyHash,
      (c) => c.batchId,
      (c) => c.expiresAt,
    ),
    Math.max(...claims.map(({ slice }) => slice.now)),
  ]);
  if (free.length < claims.length) throw new KeysAnswered(new Set(free.map((f) => answerKey(f.source_id, f.key))));
}

/** By what an idempotency key is told from those of others. */
export const answerKey = (sourceId: number, key: string) => `${sourceId}\n${key}`;
