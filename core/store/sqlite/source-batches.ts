import type { Database } from "bun:sqlite";
import { prepareWatermark } from "./watermark.ts";

/**
 * Which batches a source has. An index of the table would be written with each batch: with ten thousand busy sources in as many
 * places as a group has requests. So batches are filed under their sources afterwards, many at a time and in order; until
 * then they are found among the last ones.
 */
export function prepareSourceBatches(sqlite: Database) {
  const filedUpTo = prepareWatermark(sqlite, "batches_filed");
  const firstUnsealed = sqlite.prepare<{ id: number | null }, []>("select min(id) as id from batches where sealed = 0");
  const next = sqlite.prepare<{ id: number; source_id: number }, [number, number, number]>(
    "select id, source_id from batches where id > ? and id < ? order by id limit ?",
  );
  const file = sqlite.prepare("insert or ignore into source_batches (source_id, batch_id) values (?, ?)");
  const filed = sqlite.prepare<{ id: number }, [number, number, number]>(
    "select batch_id as id from source_batches where source_id = ? and batch_id < ? order by batch_id desc limit ?",
  );
  const unfiled = sqlite.prepare<{ id: number }, [number, number, number, number]>(
    "select id from batches where id > ? and id < ? and source_id = ? order by id desc limit ?",
  );

  const fileSome = sqlite.transaction((limit: number): number => {
    const batches = next.all(filedUpTo.value(), firstUnsealed.get()?.id ?? Number.MAX_SAFE_INTEGER, limit);
    const last = batches.at(-1);
    if (!last) return 0;
    for (const { id, source_id } of batches.toSorted((a, b) => a.source_id - b.source_id || a.id - b.id))
      file.run(source_id, id);
    filedUpTo.move(last.id);
    return batches.length;
  });

  return {
    fileSome: (limit: number) => fileSome.immediate(limit),
    /** Newest first; a batch that is not sealed is among them. */
    idsOf(sourceId: number, before: number, limit: number): readonly number[] {
      const recent = unfiled.all(filedUpTo.value(), before, sourceId, limit);
      const older = recent.length < limit ? filed.all(sourceId, before, limit - recent.length) : [];
      return [...recent, ...older].map(({ id }) => id);
    },
  };
}
