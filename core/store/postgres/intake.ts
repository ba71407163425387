import type { TransactionSql } from "postgres";
import { createRecent } from "../recent.ts";
import { discardBatch } from "../sql/discard-batch.ts";
import type { IdempotentAnswer, IntakeSlice, IntakeStore, SliceResult } from "../store.ts";
import type { NumberedSlice } from "./decide-group.ts";
import type { PostgresDriver } from "./driver.ts";
import { createIdBlocks, idsIn } from "./id-blocks.ts";
import { takeNew } from "./take-new.ts";
import { createTx, type Tx } from "./tx.ts";
import { answerKey, KeysAnswered, previewSlice, writeGroup } from "./write-group.ts";

/** By which the sequences count on. */
const CONVERSIONS_IN_BLOCK = 20_000;
const BATCHES_IN_BLOCK = 1000;

/** Purchases of exact sources that are remembered until the planner has indexed them. */
const RECENT_PURCHASES = 50_000;

// Planned for the lists at hand, a lookup of a thousand keys sorts whole partitions: 90 ms instead of 12 (measured).
const ONE_PLAN_FOR_ALL = "select set_config('plan_cache_mode', 'force_generic_plan', true)";
const ANSWER = `select body_hash as "bodyHash", batch_id as "batchId" from gateway.idempotency
  where source_id = $1 and key = $2 and expires_at > $3`;

/** Ends a transaction that was only to find out. */
class Undo extends Error {
  readonly found: Omit<SliceResult, "batchId">;
  constructor(found: Omit<SliceResult, "batchId">) {
    super();
    this.found = found;
  }
}

/** The intake on a database that any number of gateways write to. */
export function createIntake(driver: PostgresDriver): IntakeStore {
  const conversionIds = createIdBlocks(driver.sql, "gateway.conversion_ids", CONVERSIONS_IN_BLOCK);
  const batchIds = createIdBlocks(driver.sql, "gateway.batch_ids", BATCHES_IN_BLOCK);
  const recent = createRecent<number>(RECENT_PURCHASES);

  function begin(sql: TransactionSql): Tx {
    const tx = createTx(sql, driver.prepares);
    tx.send(ONE_PLAN_FOR_ALL, []);
    return tx;
  }

  async function number(group: readonly IntakeSlice[]): Promise<readonly NumberedSlice[]> {
    const begun = group.filter(({ batchId }) => batchId === null).length;
    const rows = group.reduce((sum, slice) => sum + slice.rows.length, 0);
    const [batches, conversions] = await Promise.all([batchIds.take(begun), conversionIds.take(rows)]);
    const [batchIn, conversionIn] = [idsIn(batches), idsIn(conversions)];
    const next = (ids: Iterator<number>) => ids.next().value as number;
    return group.map((slice) => ({
      slice,
      batchId: slice.batchId ?? next(batchIn),
      ids: slice.rows.map(() => next(conversionIn)),
    }));
  }

  async function findIdempotent(sourceId: number, key: string, now: number): Promise<IdempotentAnswer | null> {
    const [answer] = await driver.sql.unsafe(ANSWER, [sourceId, key, now], { prepare: driver.prepares });
    return (answer as IdempotentAnswer | undefined) ?? null;
  }

  /** Of the slices whose keys another gateway has answered; a key that came free again meanwhile is not among them. */
  async function readAnswered(group: readonly NumberedSlice[], free: ReadonlySet<string>) {
    const answered = new Map<IntakeSlice, IdempotentAnswer>();
    for (const { slice } of group) {
      const { source, idempotency, now } = slice;
      if (!slice.last || !idempotency || free.has(answerKey(source.id, idempotency.key))) continue;
      const answer = await findIdempotent(source.id, idempotency.key, now);
      if (answer) answered.set(slice, answer);
    }
    return answered;
  }

  const remember = (purchases: ReadonlyMap<string, number>) => {
    for (const [keyHash, dateTime] of purchases) recent.set(keyHash, dateTime);
  };

  /** After a repeat another one is likely: a group with one is written in vain as if it were new. */
  let lookFirst = false;

  async function commit(group: readonly IntakeSlice[]): Promise<readonly SliceResult[]> {
    const answered = new Map<IntakeSlice, IdempotentAnswer>();
    const numbered = await number(group);
    const plain = lookFirst ? null : await takeNew(driver, numbered, recent.get);
    if (plain) {
      remember(plain.purchases);
      return plain.results;
    }
    for (;;) {
      const open = numbered.filter(({ slice }) => !answered.has(slice));
      try {
        const { results, purchases } = await driver.transact((sql) => writeGroup(begin(sql), open, recent.get));
        remember(purchases);
        lookFirst = results.some(({ duplicates }) => duplicates.length > 0);
        const rest = results.values();
        return group.map((slice) => {
          const answer = answered.get(slice);
          if (!answer) return rest.next().value as SliceResult;
          return { batchId: answer.batchId, accepted: 0, duplicates: [], warnings: [], answered: answer };
        });
      } catch (error) {
        if (!(error instanceof KeysAnswered)) throw error;
        for (const [slice, answer] of await readAnswered(open, error.free)) answered.set(slice, answer);
      }
    }
  }

  return {
    commit,
    findIdempotent,
    async preview(slice) {
      const [numbered] = (await number([slice])) as [NumberedSlice];
      try {
        return await driver.transact(async (sql): Promise<never> => {
          throw new Undo(await previewSlice(begin(sql), numbered, recent.get));
        });
      } catch (undo) {
        if (undo instanceof Undo) return undo.found;
        throw undo;
      }
    },
    async discard(batchId) {
      await driver.alone(() => discardBatch(batchId));
    },
  };
}
