import { batchUuid } from "../public-id.ts";
import type { ConversionHistory, ConversionRevision, ConversionStore } from "../store.ts";
import { FACT, FILE, FILE_OF_ROW, type RowLine, toRow } from "./batches.ts";
import { toConversion } from "./to-conversion.ts";
import { type Driver, statement, type Work } from "./work.ts";

interface RevisionLine extends RowLine {
  readonly target: string;
  readonly revision: number;
  readonly batch_id: number;
  readonly told_at: number;
  readonly replaced_at: number | null;
  readonly source_id: number;
  readonly counter_id: number;
}

interface Owner {
  readonly workspaceId: number;
  readonly sourceUuid: string;
  readonly language: "ru" | "en";
}

/** What an earlier revision has of its own, and where it has none, the fact's: it then shares the fate of the next one. */
const REVISIONS = `
  select r.row, 'replaced' as kind, c.id as conversion_id, ${FACT}, r.price, r.currency, r.revision,
      case when r.upload_id is null then coalesce(r.outcome, c.set_aside) end as set_aside, r.upload_id, r.batch_id, r.replaced_at, c.counter_id
    from conversion_revisions r join conversions c on c.id = r.conversion_id where r.conversion_id = cast(?1 as bigint)
  union all
  select c.row, 'accepted', c.id, ${FACT}, c.price, c.currency, c.revision, c.set_aside, c.upload_id, c.batch_id, null, c.counter_id
    from conversions c where c.id = cast(?1 as bigint)`;

// A batch that is still being written may be taken back: what it tells is not there, and what it corrects still stands.
const revisionsOf = statement<RevisionLine, [number]>(
  `select x.*, null as code, null as field, null as sealed, b.id as batch_id, b.source_id, b.created_at as told_at, ${FILE}
   from (${REVISIONS}) x join batches b on b.id = x.batch_id and b.sealed = 1 ${FILE_OF_ROW} order by x.revision`,
);
const ownerOf = statement<Owner, [number]>(
  `select workspace_id as "workspaceId", uuid as "sourceUuid", language from sources where id = ?1`,
);

function* findConversion(id: number, installationUuid: string): Work<ConversionHistory | null> {
  const lines = yield* revisionsOf.all(id);
  const last = lines.at(-1);
  const source = last && (yield* ownerOf.get(last.source_id));
  if (!last || !source) return null;
  const current = toRevision(last, true, installationUuid);
  const earlier = lines.slice(0, -1).map((line) => toRevision(line, false, installationUuid));
  return { id, ...source, counterId: last.counter_id, current, revisions: [...earlier, current] };
}

const toRevision = (line: RevisionLine, isCurrent: boolean, installationUuid: string): ConversionRevision => ({
  row: {
    ...toRow({ ...line, kind: isCurrent ? "accepted" : "replaced" }),
    ...{ revision: line.revision, conversion: toConversion(line) },
  },
  batchUuid: batchUuid(installationUuid, line.batch_id),
  toldAt: line.told_at,
  replacedAt: isCurrent ? null : line.replaced_at,
});

/** Reads single facts by their keys. */
export function createConversionStore(driver: Driver, installationUuid: string): ConversionStore {
  return { find: (id) => driver.ask(findConversion(id, installationUuid)) };
}
