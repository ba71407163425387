import type { Sql } from "postgres";

/** A range of ids, both ends included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** Ids that this gateway may give out without asking for each. */
export interface IdBlocks {
  /** So many ids, in ranges that rise. */
  take(count: number): Promise<readonly IdRange[]>;
}

/**
 * Takes ids in blocks from a sequence. Ids that one gateway gives out rise, but not beside those of another; those of a block
 * that is left unused are never given out.
 * @param size by which the sequence counts on
 */
export function createIdBlocks(sql: Sql, sequence: string, size: number): IdBlocks {
  let free: { next: number; end: number } = { next: 0, end: 0 };
  /** Whoever takes ids while a block is on its way waits for his turn, so that none is given twice. */
  let turn: Promise<unknown> = Promise.resolve();

  function cut(count: number): IdRange {
    const first = free.next;
    free.next = Math.min(first + count, free.end);
    return { first, last: free.next - 1 };
  }

  async function takeSlowly(count: number): Promise<readonly IdRange[]> {
    const ranges: IdRange[] = [];
    for (let missing = count; missing > 0; ) {
      if (free.next === free.end) {
        const [row] = await sql.unsafe(`select nextval('${sequence}') as first`);
        const first = Number(row?.first);
        free = { next: first, end: first + size };
      }
      const range = cut(missing);
      ranges.push(range);
      missing -= range.last - range.first + 1;
    }
    return ranges;
  }

  let waiting = 0;
  return {
    async take(count) {
      if (waiting === 0 && free.end - free.next >= count) return count > 0 ? [cut(count)] : [];
      waiting++;
      const mine = turn.then(() => takeSlowly(count)).finally(() => waiting--);
      turn = mine.catch(() => {});
      return mine;
    },
  };
}

/** The ids of ranges, one by one. */
export function* idsIn(ranges: readonly IdRange[]): Generator<number, undefined> {
  for (const { first, last } of ranges) for (let id = first; id <= last; id++) yield id;
  return undefined;
}
