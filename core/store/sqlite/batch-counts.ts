import type { Database } from "bun:sqlite";

/** The two tables that a batch's status is derived from: rows in files, and rows set aside. */
export function prepareBatchCounts(sqlite: Database) {
  const inUpload = sqlite.prepare(
    `insert into batch_uploads (batch_id, upload_id, rows, duplicates, completed) values (?, ?, ?, ?, ?)
     on conflict (batch_id, upload_id) do update set rows = rows + excluded.rows, duplicates = duplicates + excluded.duplicates`,
  );
  const setAside = sqlite.prepare(
    `insert into batch_set_aside (batch_id, target, reason, rows) values (?, ?, ?, ?)
     on conflict (batch_id, target, reason) do update set rows = rows + excluded.rows`,
  );
  return {
    /** So many more rows, and repeats of rows, of a batch stand in an upload. */
    addToUpload(batchId: number, uploadId: number, rows: number, duplicates: number): void {
      inUpload.run(batchId, uploadId, rows, duplicates, 0);
    },
    /** So many more repeats of rows in an upload that is completed, and so will never let them go. */
    addToCompleted(batchId: number, uploadId: number, duplicates: number): void {
      inUpload.run(batchId, uploadId, 0, duplicates, 1);
    },
    /** So many more (or, negative, fewer) rows of a batch are set aside. */
    addToSetAside(batchId: number, target: string, reason: string, rows: number): void {
      setAside.run(batchId, target, reason, rows);
    },
  };
}
