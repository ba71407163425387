import type { IntakeSlice, IntakeStore, SliceResult } from "../store/store.ts";

/** Rows that one transaction takes at the most: beyond this, waiting longer helps nobody. */
const GROUP_ROWS = 5000;

/** Looks at the sockets that one group may wait for: a stream without a gap must not keep its first request waiting. */
const MOST_LOOKS = 4;

/**
 * Rows that are worth a group beside those under way, where the store takes several at once: with a thousand rows a request
 * three at once took 30 % more (measured), while of single posts two groups of half the size only cost twice.
 */
const ROWS_BESIDE = 500;

/** Too many rows wait for the disk: the sender should come back in a moment. Nothing of its request was stored. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError";
  readonly retryAfterSeconds = 1;
}

/** The database did not take the write. Nothing of the request was stored. */
export class StorageUnavailableError extends Error {
  override readonly name = "StorageUnavailableError";
  readonly retryAfterSeconds = 2;
}

export interface Committer {
  /**
   * Queues one slice; resolves when it is durably on disk.
   * @throws {OverloadedError} when the queue is full
   * @throws {StorageUnavailableError} when the database refuses the write
   */
  add(slice: IntakeSlice): Promise<SliceResult>;
}

interface Waiting {
  readonly slice: IntakeSlice;
  readonly resolve: (result: SliceResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit: requests are written in one transaction, then each is answered. A group is closed when a turn of the event
 * loop brought no further request, so that answers and new requests do not fall into two half groups with a sync each.
 * No timer: a lone request waits for one empty turn. Measured behind HTTP on two cores: 20,300 durable single-row requests a
 * second against 2,500 with a commit each; groups of 63 instead of 40 for 64 connections.
 * @param maxQueuedRows bound of the queue, in rows
 * @param onCommitted called after each durable group
 */
export function createCommitter(store: IntakeStore, maxQueuedRows: number, onCommitted: () => void): Committer {
  let queue: Waiting[] = [];
  let queuedRows = 0;
  let scheduled = false;
  let writing = 0;
  let looks = 0;
  let lengthBefore = 0;

  const rowsOf = ({ slice }: Waiting) => slice.rows.length + slice.rejected.length;

  const mustWait = () => writing > 0 && (writing === store.groupsAtOnce || queuedRows < ROWS_BESIDE);

  function schedule(): void {
    if (scheduled || mustWait()) return;
    scheduled = true;
    looks = 0;
    lengthBefore = 0;
    setImmediate(gather);
  }

  function gather(): void {
    const isStill = queue.length === lengthBefore;
    if (isStill || looks === MOST_LOOKS || queuedRows >= GROUP_ROWS) {
      flush();
      return;
    }
    looks++;
    lengthBefore = queue.length;
    setImmediate(gather);
  }

  async function flush(): Promise<void> {
    const group = takeGroup();
    scheduled = false;
    writing++;
    if (queue.length > 0) schedule();
    await writeGroup(group);
    writing--;
    if (queue.length > 0) schedule();
  }

  function takeGroup(): readonly Waiting[] {
    let rows = 0;
    let end = 0;
    for (; end < queue.length && (end === 0 || rows < GROUP_ROWS); end++) rows += rowsOf(queue[end] as Waiting);
    const group = queue.slice(0, end);
    queue = queue.slice(end);
    queuedRows -= rows;
    return group;
  }

  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    let results: readonly SliceResult[];
    try {
      results = await store.commit(group.map((waiting) => waiting.slice));
    } catch (cause) {
      if (group.length === 1) {
        group[0]?.reject(new StorageUnavailableError("The database did not take the conversions.", { cause }));
        return;
      }
      // One request that the database refuses must not take its neighbours with it.
      for (const waiting of group) await writeGroup([waiting]);
      return;
    }
    for (let i = 0; i < group.length; i++) group[i]?.resolve(results[i] as SliceResult);
    onCommitted();
  }

  return {
    add(slice) {
      const rows = slice.rows.length + slice.rejected.length;
      if (queuedRows > 0 && queuedRows + rows > maxQueuedRows) {
        return Promise.reject(new OverloadedError("Too many conversions wait to be written."));
      }
      return new Promise((resolve, reject) => {
        queue.push({ slice, resolve, reject });
        queuedRows += rows;
        schedule();
      });
    },
  };
}
