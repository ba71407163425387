import type { IdentifierKind } from "../../conversion/conversion.ts";
import { statement, type Work } from "./work.ts";

const identifierOf = (c: string) =>
  `case when ${c}client_id <> '' then 'client_id' when ${c}yclid <> '' then 'yclid' when ${c}user_id <> '' then 'user_id' else 'purchase_id' end`;

/** The strongest identifier of a conversion `c`, by the order of `core/conversion/natural-key.ts`. */
export const IDENTIFIER = identifierOf("c.");
/** The same after `returning`, where SQLite knows no alias. */
export const OWN_IDENTIFIER = identifierOf("");

/** About how long the line of a conversion `c` in a file will be. */
export const BYTES =
  "40 + length(c.target) + length(c.client_id) + length(c.user_id) + length(c.yclid) + length(c.purchase_id)";

/** Of what kind a line in a file is. */
export interface LineKind {
  readonly sourceId: number;
  readonly target: string;
  readonly identifier: IdentifierKind;
}

const count = statement<
  never,
  [upload: number, source: number, target: string, identifier: IdentifierKind, rows: number]
>(
  `insert into upload_groups (upload_id, source_id, target, identifier, rows) values (?1, ?2, ?3, ?4, ?5)
   on conflict (upload_id, source_id, target, identifier) do update set rows = upload_groups.rows + excluded.rows`,
);
const dropEmpty = statement<never, [number]>("delete from upload_groups where upload_id = ?1 and rows <= 0");
const kindOf = statement<Omit<LineKind, "sourceId">, [number]>(
  `select c.target, ${IDENTIFIER} as identifier from conversions c where c.id = ?1`,
);

/** Lines of these kinds have entered an upload (`by` 1) or left it (-1). */
export function* countLines(uploadId: number, lines: readonly LineKind[], by: 1 | -1): Work<void> {
  const key = ({ sourceId, identifier, target }: LineKind) => `${sourceId}/${identifier}/${target}`;
  const groups = [...Map.groupBy(lines, key)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [, group] of groups) {
    const { sourceId, target, identifier } = group[0] as LineKind;
    yield* count.send(uploadId, sourceId, target, identifier, by * group.length);
  }
  if (by < 0) yield* dropEmpty.send(uploadId);
}

/** A source has corrected a line that another one told, and which keeps its place. */
export function* handOverLine(uploadId: number, conversionId: number, from: number, to: number): Work<void> {
  const kind = yield* kindOf.get(conversionId);
  if (!kind) return;
  yield* countLines(uploadId, [{ ...kind, sourceId: to }], 1);
  yield* countLines(uploadId, [{ ...kind, sourceId: from }], -1);
}
