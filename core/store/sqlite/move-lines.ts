import type { Database } from "bun:sqlite";
import type { SetAsideReason } from "../store.ts";
import { prepareBatchCounts } from "./batch-counts.ts";
import { isCountedAside } from "./holders.ts";
import { prepareUploadGroups } from "./upload-groups.ts";

/** Facts whose lines leave a file, and where they go: into another file, or aside. */
export interface LeavingLines {
  readonly from: number;
  readonly to: number | null;
  readonly aside: SetAsideReason | null;
  readonly conversionIds: readonly number[];
  /** Unix milliseconds. */
  readonly now: number;
}

interface Fact {
  readonly id: number;
  readonly batch_id: number;
  readonly source_id: number;
  readonly target: string;
}

interface ReplacedFact extends Fact {
  readonly set_aside: SetAsideReason | null;
}

/**
 * Takes lines out of a file, with all that follows them: earlier revisions that shared the line, repeats, the counts of the
 * batches and what the file is made of. To be called inside a transaction. What the file itself says of its rows is left to
 * the caller: a failed one keeps it as history.
 */
export function prepareMoveLines(sqlite: Database) {
  const moveFact = sqlite.prepare<Fact, [number | null, string | null, number, number]>(
    "update conversions set upload_id = ?, set_aside = ? where id = ? and upload_id = ? returning id, batch_id, source_id, target",
  );
  const moveRevisions = sqlite.prepare<{ batch_id: number }, [number | null, string | null, number, number]>(
    `update conversion_revisions set upload_id = ?, outcome = ? where conversion_id = ? and upload_id = ? and outcome is null
     returning batch_id`,
  );
  // The line that a sealed file still tells of a fact which was corrected since, under the batch that told it.
  const replacedFact = sqlite.prepare<ReplacedFact, [number, number]>(
    `select c.id, r.batch_id, b.source_id, c.target, c.set_aside from conversion_revisions r join conversions c on c.id = r.conversion_id
       join batches b on b.id = r.batch_id
     where r.conversion_id = ? and r.upload_id = ? and r.outcome is null order by r.revision desc limit 1`,
  );
  const repeating = sqlite.prepare<{ batch_id: number }, [number]>(
    // The last condition is the index's own: lines never leave a completed file.
    "select batch_id from batch_uploads where upload_id = ? and duplicates > 0 and (rows > 0 or completed = 0)",
  );
  const moveDuplicates = sqlite.prepare<{ conversion_id: number }, [number | null, number, number, string]>(
    `update duplicates set upload_id = ? where batch_id = ? and upload_id = ? and conversion_id in (select value from json_each(?))
     returning conversion_id`,
  );
  const dropEmptyEntry = sqlite.prepare(
    "delete from batch_uploads where batch_id = ? and upload_id = ? and rows <= 0 and duplicates <= 0",
  );
  const versionOf = sqlite.prepare<{ version: number }, [number]>("select version from uploads where id = ?");
  // The version of a file counts in the version of the batches in it: a batch that leaves it must not fall back.
  const touchBatch = sqlite.prepare(
    "update batches set status_version = status_version + ?, updated_at = ? where id = ?",
  );
  const counts = prepareBatchCounts(sqlite);
  const groups = prepareUploadGroups(sqlite);

  /** What the batches lose in `from`, and gain elsewhere. */
  function tally({ from, to, now }: LeavingLines) {
    const moved = new Map<number, { rows: number; duplicates: number }>();
    const aside: { readonly batchId: number; readonly target: string; readonly reason: SetAsideReason }[] = [];
    return {
      add(batchId: number, target: string, kind: "rows" | "duplicates", reason: SetAsideReason | null): void {
        const entry = moved.get(batchId) ?? { rows: 0, duplicates: 0 };
        entry[kind]++;
        moved.set(batchId, entry);
        if (to === null && reason !== null && isCountedAside(reason)) aside.push({ batchId, target, reason });
      },
      write(): void {
        const version = versionOf.get(from)?.version ?? 0;
        for (const [batchId, { rows, duplicates }] of moved) {
          counts.addToUpload(batchId, from, -rows, -duplicates);
          dropEmptyEntry.run(batchId, from);
          if (to !== null) counts.addToUpload(batchId, to, rows, duplicates);
          touchBatch.run(version + 1, now, batchId);
        }
        for (const { batchId, target, reason } of aside) counts.addToSetAside(batchId, target, reason, 1);
        groups.dropEmpty(from);
      },
    };
  }

  function moveRepeats(lines: LeavingLines, moved: ReadonlyMap<number, readonly [string, SetAsideReason | null]>) {
    const found: { batchId: number; target: string; reason: SetAsideReason | null }[] = [];
    const ids = JSON.stringify([...moved.keys()]);
    for (const { batch_id: batchId } of moved.size === 0 ? [] : repeating.all(lines.from)) {
      for (const { conversion_id: id } of moveDuplicates.all(lines.to, batchId, lines.from, ids)) {
        const [target = "", reason = null] = moved.get(id) ?? [];
        found.push({ batchId, target, reason });
      }
    }
    return found;
  }

  return {
    /** Moves facts that stand in the file with their latest revision. Returns those that did. */
    latest(lines: LeavingLines): readonly Fact[] {
      const { from, to, aside } = lines;
      const sums = tally(lines);
      const moved = new Map<number, readonly [string, SetAsideReason | null]>();
      const facts = lines.conversionIds.flatMap((id) => moveFact.get(to, to === null ? aside : null, id, from) ?? []);
      for (const { id, batch_id, source_id, target } of facts) {
        moved.set(id, [target, aside]);
        sums.add(batch_id, target, "rows", aside);
        for (const earlier of moveRevisions.all(to, null, id, from)) sums.add(earlier.batch_id, target, "rows", aside);
        groups.remove(from, source_id, id);
        if (to !== null) groups.add(to, source_id, id);
      }
      for (const { batchId, target, reason } of moveRepeats(lines, moved))
        sums.add(batchId, target, "duplicates", reason);
      sums.write();
      return facts;
    },
    /**
     * Takes out lines of facts whose correction waits outside: cancelled ones are given up, held ones follow the correction.
     * Where that was cancelled meanwhile there is nothing to follow, and they share its end. Returns how many lines left.
     */
    replaced(lines: LeavingLines & { readonly to: null }): number {
      const { from, aside } = lines;
      const sums = tally(lines);
      const moved = new Map<number, readonly [string, SetAsideReason | null]>();
      for (const id of lines.conversionIds) {
        const fact = replacedFact.get(id, from);
        if (!fact) continue;
        const { source_id, target, set_aside } = fact;
        const outcome = aside === "cancelled" || set_aside === "cancelled" ? "cancelled" : null;
        moved.set(id, [target, outcome]);
        groups.remove(from, source_id, id);
        for (const { batch_id } of moveRevisions.all(null, outcome, id, from))
          sums.add(batch_id, target, "rows", outcome);
      }
      for (const { batchId, target, reason } of moveRepeats(lines, moved))
        sums.add(batchId, target, "duplicates", reason);
      sums.write();
      return moved.size;
    },
  };
}
