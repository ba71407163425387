import type { Database } from "bun:sqlite";
import { OPEN_DUPLICATE, OPEN_REVISION } from "../sql/holders.ts";

/** Batches that told earlier revisions of a fact, and its repeats, one entry each. */
interface Followers {
  readonly rows: readonly number[];
  readonly duplicates: readonly number[];
}

/** The batches that follow a fact into its file, row by row. */
export function prepareHolders(sqlite: Database) {
  const openRevisions = sqlite.prepare<{ batch_id: number }, [number]>(
    `select batch_id from conversion_revisions where conversion_id = ? and ${OPEN_REVISION}`,
  );
  const assignRevisions = sqlite.prepare(
    `update conversion_revisions set upload_id = ? where conversion_id = ? and ${OPEN_REVISION}`,
  );
  const openDuplicates = sqlite.prepare<{ batch_id: number }, [number]>(
    `select batch_id from duplicates where conversion_id = ? and ${OPEN_DUPLICATE}`,
  );
  const assignDuplicates = sqlite.prepare(
    `update duplicates set upload_id = ? where conversion_id = ? and ${OPEN_DUPLICATE}`,
  );

  return {
    /** Earlier revisions, where the fact has any, and repeats that follow it stand in a file with it now; the batches of both. */
    follow(conversionId: number, uploadId: number, hasRevisions: boolean): Followers {
      const rows = hasRevisions ? openRevisions.all(conversionId).map((r) => r.batch_id) : [];
      const duplicates = openDuplicates.all(conversionId).map((d) => d.batch_id);
      if (rows.length > 0) assignRevisions.run(uploadId, conversionId);
      if (duplicates.length > 0) assignDuplicates.run(uploadId, conversionId);
      return { rows, duplicates };
    },
  };
}
