import type { Database } from "bun:sqlite";
import { handOverLine } from "../sql/upload-groups.ts";
import type { IntakeRow, IntakeSlice, SetAsideReason } from "../store.ts";
import { prepareBatchCounts } from "./batch-counts.ts";
import type { SqliteDriver } from "./driver.ts";
import type { FileOfFact, KnownFact } from "./known-facts.ts";

/** A correction or a revival on its way in. */
export interface Revision {
  readonly slice: IntakeSlice;
  readonly batchId: number;
  readonly row: IntakeRow;
  readonly original: KnownFact;
  readonly file: FileOfFact | null;
  /** The fact ended without Metrika ever taking it. */
  readonly givenUp: boolean;
}

/**
 * Writes the next revision of a fact. Not yet in a sealed file: it replaces, and the earlier revision shares its fate. In a
 * file that Metrika has not settled: it waits for that file. Otherwise it goes into a new file, at the identifier and second
 * first sent, since only then does Metrika overwrite. A file that is being filled takes the new revision only if it is of
 * the file's currency, and not before the whole batch is there: a half-written one may be taken back.
 */
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

  return ({ slice, batchId, row, original, file, givenUp }) => {
    const { price, currency } = row.conversion;
    const { upload_id: uploadId, set_aside: aside } = original;
    const fitsFile = currency === "" || currency === file?.currency;
    const keepsFile = file?.state === "filling" && slice.last && fitsFile;
    const nextAside = keepsFile ? null : asideOf(file, aside, givenUp);
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

/** Where a revision waits that does not take the place of the earlier one in its file. */
function asideOf(file: FileOfFact | null, aside: SetAsideReason | null, givenUp: boolean): SetAsideReason | null {
  if (file !== null && file.state !== "completed" && file.state !== "failed") return "waiting_upload";
  // A held row goes back to the planner, which sees whether the source that corrects it is paused as well.
  if (file !== null || givenUp || aside === "delivery_paused") return "requeued";
  return aside;
}
