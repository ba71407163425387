import type { IdentifierKind } from "../../conversion/conversion.ts";
import type { SetAsideReason } from "../store.ts";
import { addToSetAside, addToUpload, type RowCounts, type SetAsideCount, touchBatches } from "./batch-counts.ts";
import { isCountedAside } from "./holders.ts";
import { countLines, IDENTIFIER, type LineKind, OWN_IDENTIFIER } from "./upload-groups.ts";
import { ids, statement, type Work } from "./work.ts";

/** Facts whose lines leave a file, and where they go: into another file, or aside. */
export interface LeavingLines {
  readonly from: number;
  readonly to: number | null;
  readonly aside: SetAsideReason | null;
  readonly conversionIds: readonly number[];
  /** Unix milliseconds. */
  readonly now: number;
}

/** A line that left, under the batch that told it. */
interface Line {
  readonly id: number;
  readonly batch_id: number;
  readonly source_id: number;
  readonly target: string;
  readonly identifier: IdentifierKind;
}

/** A row, or a repeat of one, that left with a line. */
interface Left {
  readonly batchId: number;
  readonly target: string;
  readonly kind: keyof RowCounts;
  readonly reason: SetAsideReason | null;
}

type Fate = ReadonlyMap<number, { readonly target: string; readonly reason: SetAsideReason | null }>;

const moveFacts = statement<Line, [to: number | null, aside: string | null, from: number, ids: string]>(
  `update conversions set upload_id = ?1, set_aside = ?2 where id in ${ids("?4")} and upload_id = ?3
   returning id, batch_id, source_id, target, ${OWN_IDENTIFIER} as identifier`,
);
const moveRevisions = statement<
  { conversion_id: number; batch_id: number },
  [to: number | null, outcome: string | null, from: number, ids: string]
>(
  `update conversion_revisions set upload_id = ?1, outcome = ?2
   where conversion_id in ${ids("?4")} and upload_id = ?3 and outcome is null returning conversion_id, batch_id`,
);
// The line that a sealed file still tells of a fact which was corrected since, under the batch that told it.
const replacedLines = statement<Line & { readonly set_aside: SetAsideReason | null }, [from: number, ids: string]>(
  `select c.id, r.batch_id, b.source_id, c.target, ${IDENTIFIER} as identifier, c.set_aside
   from conversion_revisions r join conversions c on c.id = r.conversion_id join batches b on b.id = r.batch_id
   where r.conversion_id in ${ids("?2")} and r.upload_id = ?1 and r.outcome is null and not exists (select 1 from conversion_revisions n
     where n.conversion_id = r.conversion_id and n.upload_id = r.upload_id and n.outcome is null and n.revision > r.revision)`,
);
const moveDuplicates = statement<
  { conversion_id: number; batch_id: number },
  [to: number | null, from: number, ids: string]
>(
  `update duplicates set upload_id = ?1
   where batch_id in (select batch_id from batch_uploads where upload_id = ?2 and duplicates > 0 and (rows > 0 or completed = 0)) and upload_id = ?2 and conversion_id in ${ids("?3")}
   returning conversion_id, batch_id`,
);
const versionOf = statement<{ version: number }, [number]>("select version from uploads where id = ?1");

const kindOf = ({ source_id, target, identifier }: Line): LineKind => ({ sourceId: source_id, target, identifier });

/**
 * Moves facts that stand in a file with their latest revision, with all that follows them: earlier revisions that shared the
 * line, repeats, the counts of the batches and what the files are made of. What the files themselves say of their rows is left
 * to the caller: a failed one keeps it as history. Returns the ids of those that did stand there.
 */
export function* moveLatestLines(lines: LeavingLines): Work<readonly number[]> {
  const { from, to } = lines;
  if (lines.conversionIds.length === 0) return [];
  const aside = to === null ? lines.aside : null;
  const moved = yield* moveFacts.all(to, aside, from, JSON.stringify(lines.conversionIds));
  const fate: Fate = new Map(moved.map(({ id, target }) => [id, { target, reason: aside }]));
  const list = JSON.stringify([...fate.keys()]);
  const left: Left[] = moved.map(({ batch_id, target }) => ({
    batchId: batch_id,
    target,
    kind: "rows",
    reason: aside,
  }));
  for (const { conversion_id, batch_id } of yield* moveRevisions.all(to, null, from, list))
    left.push({ batchId: batch_id, kind: "rows", target: fate.get(conversion_id)?.target ?? "", reason: aside });
  const kinds = moved.map(kindOf);
  yield* countLines(from, kinds, -1);
  if (to !== null) yield* countLines(to, kinds, 1);
  yield* tally(lines, left, fate);
  return [...fate.keys()];
}

/**
 * Takes out lines of facts whose correction waits outside: cancelled ones are given up, held ones follow the correction. Where
 * that was cancelled meanwhile there is nothing to follow, and they share its end. Returns how many lines left.
 */
export function* takeOutReplacedLines(lines: LeavingLines & { readonly to: null }): Work<number> {
  const { from, aside } = lines;
  if (lines.conversionIds.length === 0) return 0;
  const found = yield* replacedLines.all(from, JSON.stringify(lines.conversionIds));
  const fate: Fate = new Map(
    found.map(({ id, target, set_aside }) => {
      const isGivenUp = aside === "cancelled" || set_aside === "cancelled";
      return [id, { target, reason: isGivenUp ? "cancelled" : null }];
    }),
  );
  const left: Left[] = [];
  for (const [outcome, sharing] of Map.groupBy(fate, ([, { reason }]) => reason)) {
    const list = JSON.stringify(sharing.map(([id]) => id));
    for (const { conversion_id, batch_id } of yield* moveRevisions.all(null, outcome, from, list))
      left.push({ batchId: batch_id, kind: "rows", target: fate.get(conversion_id)?.target ?? "", reason: outcome });
  }
  yield* countLines(from, found.map(kindOf), -1);
  yield* tally(lines, left, fate);
  return fate.size;
}

/** Takes the repeats along, and counts what the batches lose in `from` and gain elsewhere. */
function* tally({ from, to, now }: LeavingLines, rows: readonly Left[], fate: Fate): Work<void> {
  const left = [...rows];
  const list = JSON.stringify([...fate.keys()]);
  for (const { conversion_id, batch_id } of fate.size === 0 ? [] : yield* moveDuplicates.all(to, from, list)) {
    const { target = "", reason = null } = fate.get(conversion_id) ?? {};
    left.push({ batchId: batch_id, target, kind: "duplicates", reason });
  }
  const gone = new Map<number, RowCounts>();
  const aside: SetAsideCount[] = [];
  for (const { batchId, target, kind, reason } of left) {
    const counts = gone.get(batchId) ?? { rows: 0, duplicates: 0 };
    counts[kind]--;
    gone.set(batchId, counts);
    if (to === null && isCountedAside(reason)) aside.push({ batchId, target, reason, rows: 1 });
  }
  yield* addToUpload(from, gone);
  if (to !== null) {
    const negated = ([id, { rows, duplicates }]: [number, RowCounts]) =>
      [id, { rows: -rows, duplicates: -duplicates }] as const;
    yield* addToUpload(to, new Map([...gone].map(negated)));
  }
  yield* addToSetAside(aside);
  // The version of a file counts in the version of the batches in it: a batch that leaves it must not fall back.
  const version = (yield* versionOf.get(from))?.version ?? 0;
  yield* touchBatches(gone.keys(), version + 1, now);
}
