import type { Database } from "bun:sqlite";
import type { SourceBatches } from "../sql/batches.ts";
import { moveWatermark, readWatermark } from "../sql/watermark.ts";
import { statement } from "../sql/work.ts";
import { lastBatchBefore } from "./batch-ends.ts";
import type { SqliteDriver } from "./driver.ts";

const FILED_UP_TO = "batches_filed";

const filed = statement<{ id: number }, [source: number, before: number, limit: number]>(
  "select batch_id as id from source_batches where source_id = ?1 and batch_id < ?2 order by batch_id desc limit ?3",
);
const unfiled = statement<{ id: number }, [filedUpTo: number, before: number, source: number, limit: number]>(
  "select id from batches where id > ?1 and id < ?2 and source_id = ?3 order by id desc limit ?4",
);

const NEW_ROWS = "coalesce(sum(b.received - b.duplicates - b.rejected), 0) as rows";
const acceptedFiled = statement<{ rows: number }, [source: number, after: number, last: number]>(
  `select ${NEW_ROWS} from source_batches f cross join batches b on b.id = f.batch_id
   where f.source_id = ?1 and f.batch_id > ?2 and f.batch_id <= ?3`,
);
const acceptedUnfiled = statement<{ rows: number }, [source: number, after: number, last: number]>(
  `select ${NEW_ROWS} from batches b where b.id > ?2 and b.id <= ?3 and b.source_id = ?1 and b.sealed = 1`,
);

/**
 * Which batches a source has. An index of the table would be written with each batch: with ten thousand busy sources in as many
 * places as a group has requests. So batches are filed under their sources afterwards, many at a time and in order; until
 * then they are found among the last ones.
 */
export function prepareSourceBatches(sqlite: Database, driver: SqliteDriver): SourceBatches {
  const firstUnsealed = sqlite.prepare<{ id: number | null }, []>("select min(id) as id from batches where sealed = 0");
  const next = sqlite.prepare<{ id: number; source_id: number }, [number, number, number]>(
    "select id, source_id from batches where id > ? and id < ? order by id limit ?",
  );
  const file = sqlite.prepare("insert or ignore into source_batches (source_id, batch_id) values (?, ?)");
  const fileSome = sqlite.transaction((limit: number): number => {
    const filedUpTo = driver.now(readWatermark(FILED_UP_TO));
    const batches = next.all(filedUpTo, firstUnsealed.get()?.id ?? Number.MAX_SAFE_INTEGER, limit);
    const last = batches.at(-1);
    if (!last) return 0;
    for (const { id, source_id } of batches.toSorted((a, b) => a.source_id - b.source_id || a.id - b.id))
      file.run(source_id, id);
    driver.now(moveWatermark(FILED_UP_TO, last.id));
    return batches.length;
  });

  return {
    async fileSome(limit) {
      return fileSome.immediate(limit);
    },
    *acceptedOf(sourceId, from, before) {
      const [after, last] = [yield* lastBatchBefore(from), yield* lastBatchBefore(before)];
      const filedUpTo = yield* readWatermark(FILED_UP_TO);
      const filed = yield* acceptedFiled.get(sourceId, after, Math.min(last, filedUpTo));
      const unfiled = yield* acceptedUnfiled.get(sourceId, Math.max(after, filedUpTo), last);
      return (filed?.rows ?? 0) + (unfiled?.rows ?? 0);
    },
    *idsOf(sourceId, before, limit) {
      const next = before ?? Number.MAX_SAFE_INTEGER;
      const recent = yield* unfiled.all(yield* readWatermark(FILED_UP_TO), next, sourceId, limit);
      const older = recent.length < limit ? yield* filed.all(sourceId, next, limit - recent.length) : [];
      return [...recent, ...older].map(({ id }) => id);
    },
  };
}
