import type { Database } from "bun:sqlite";
import { type FileOfFact, isGivenUp, placeRevision } from "../meet-fact.ts";
import { handOverLine } from "../sql/upload-groups.ts";
import type { IntakeRow, IntakeSlice } from "../store.ts";
import { prepareBatchCounts } from "./batch-counts.ts";
import type { SqliteDriver } from "./driver.ts";
import type { KnownFact } from "./known-facts.ts";

/** A correction or a revival on its way in. */
export interface Revision {
  readonly slice: IntakeSlice;
  readonly batchId: number;
  readonly row: IntakeRow;
  readonly original: KnownFact;
  readonly file: FileOfFact | null;
}

/** Writes the next revision of a fact, where `placeRevision` says that it goes. */
export function prepareRevise(sqlite: Database, driver: SqliteDriver): (revision: Revision) => void {
  const keepRevision = sqlite.prepare(
    `insert into conversion_revisions (conversion_id, revision, batch_id, row, price, currency, upload_id, outcome, replaced_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // What a given-up fact took with it stays given up, whatever becomes of the fact's next revision.
  const giveUpOpenRevisions = sqlite.prepare(
    "update conversion_revisions set outcome = ? where conversion_id = ? and upload_id is null and outcome is null",
  );
  const replaceRevision = sqlite.prepare(
    `update conversions set batch_id = ?, row = ?, source_id = ?, price = ?, currency = ?, revision = revision + 1, upload_id = ?, set_aside = ? where id = ?`,
  );
  const counts = prepareBatchCounts(sqlite);

  return ({ slice, batchId, row, original, file }) => {
    const { price, currency } = row.conversion;
    const { upload_id: uploadId, set_aside: aside } = original;
    const standing = { file, setAside: aside };
    const givenUp = isGivenUp(standing);
    const { keepsFile, setAside: nextAside } = placeRevision(standing, currency, slice);
    keepRevision.run(
      original.id,
      original.revision,
      original.batch_id,
      original.row,
      original.price,
      original.currency,
      uploadId,
      givenUp ? (aside ?? "failed") : null,
      slice.now,
    );
    if (givenUp && aside !== null) giveUpOpenRevisions.run(aside, original.id);
    const nextUpload = keepsFile ? uploadId : null;
    replaceRevision.run(batchId, row.row, slice.source.id, price, currency, nextUpload, nextAside, original.id);
    if (keepsFile && uploadId !== null) {
      counts.addToUpload(batchId, uploadId, 1, 0);
      if (original.source_id !== slice.source.id)
        driver.now(handOverLine(uploadId, original.id, original.source_id, slice.source.id));
    }
    if (nextAside === "waiting_goal") counts.addToSetAside(batchId, original.target, nextAside, 1);
  };
}
