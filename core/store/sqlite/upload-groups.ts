import type { Database } from "bun:sqlite";

/** The strongest identifier of a conversion `c`, by the order of `core/conversion/natural-key.ts`. */
export const IDENTIFIER =
  "case when c.client_id <> '' then 'client_id' when c.yclid <> '' then 'yclid' when c.user_id <> '' then 'user_id' else 'purchase_id' end";

/** About how long the line of a conversion `c` in a file will be. */
export const BYTES =
  "40 + length(c.target) + length(c.client_id) + length(c.user_id) + length(c.yclid) + length(c.purchase_id)";

/** What files are made of, kept right when rows enter or leave one by one. */
export function prepareUploadGroups(sqlite: Database) {
  const count = sqlite.prepare(
    `insert into upload_groups (upload_id, source_id, target, identifier, rows)
     select ?1, ?2, c.target, ${IDENTIFIER}, ?3 from conversions c where c.id = ?4
     on conflict (upload_id, source_id, target, identifier) do update set rows = rows + excluded.rows`,
  );
  const dropEmpty = sqlite.prepare("delete from upload_groups where upload_id = ? and rows <= 0");
  return {
    /** A source has corrected a line that another one told, and which keeps its place. */
    handOver(uploadId: number, conversionId: number, from: number, to: number): void {
      count.run(uploadId, from, -1, conversionId);
      count.run(uploadId, to, 1, conversionId);
      dropEmpty.run(uploadId);
    },
    /** A line that a source told has entered an upload. */
    add(uploadId: number, sourceId: number, conversionId: number): void {
      count.run(uploadId, sourceId, 1, conversionId);
    },
    /** A line that a source told has left an upload; `dropEmpty` is to be called after the last. */
    remove(uploadId: number, sourceId: number, conversionId: number): void {
      count.run(uploadId, sourceId, -1, conversionId);
    },
    dropEmpty(uploadId: number): void {
      dropEmpty.run(uploadId);
    },
  };
}
