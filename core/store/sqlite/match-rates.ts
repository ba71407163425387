import type { Database } from "bun:sqlite";
import type { MatchDimension, MatchRate, MatchRateStore } from "../store.ts";
import { OPEN_STATES } from "./open-states.ts";

type Bound = number | string | null;

/** The column by which each dimension is grouped, and the name that it is grouped under. */
const COLUMNS: Readonly<Record<MatchDimension, readonly [column: string, name: string]>> = {
  webhook: ["g.source_id", "source_id"],
  counter: ["f.counter_id", "counterId"],
  target: ["g.target", "target"],
  identifier: ["g.identifier", "identifier"],
};
const NAMES = Object.values(COLUMNS)
  .map(([, name]) => name)
  .join(", ");

/**
 * A number of linked rows that exceeds the rows of the file tells nothing about them. Two branches, so that finished files
 * are found by the index of their settling (the plus keeps SQLite from that of their state) and open ones by that of their
 * state. Measured on two cores under load: 100,000 finished files of three groups hold the process for one to three seconds,
 * the latest thousand of them for 10 to 50 ms, so askers should name a period.
 */
const statementFor = (by: readonly MatchDimension[]) => {
  const key = Object.entries(COLUMNS).map(([dimension, [column, name]]) =>
    (by as readonly string[]).includes(dimension) ? `${column} as ${name}` : `null as ${name}`,
  );
  return `with files as (
    select id, counter_id, rows, 0 as is_open, case when metrika_status = 'LINKAGE_FAILURE' then 0 when linked_quantity <= rows then linked_quantity end as linked
      from uploads where +state = 'completed' and workspace_id = ?1 and (?3 is null or counter_id = ?3) and settled_at >= ?6 and settled_at < ?7
    union all
    select id, counter_id, rows, 1, null from uploads
      where ?8 and state in ${OPEN_STATES} and workspace_id = ?1 and (?3 is null or counter_id = ?3)),
  keyed as (
    select ${key.join(", ")}, f.rows as total, f.linked, f.is_open, sum(g.rows) as n
      from files f cross join upload_groups g on g.upload_id = f.id
      where (?2 is null or g.source_id = ?2) and (?4 is null or g.target = ?4) and (?5 is null or g.identifier = ?5)
      group by f.id, 1, 2, 3, 4)
  select (select s.uuid from sources s where s.id = source_id) as sourceUuid, counterId, target, identifier,
      sum(case when linked is null then 0 else n end) as rows,
      coalesce(sum(max(0, linked - (total - n))), 0) as linkedMin,
      coalesce(sum(min(n, linked)), 0) as linkedMax,
      sum(case when linked is null and not is_open then n else 0 end) as rowsUnknown,
      sum(case when is_open then n else 0 end) as rowsOpen
    from keyed group by ${NAMES} order by rows desc, sum(n) desc, ${NAMES} limit ?9 offset ?10`;
};

/** Match rates by one statement; its bounds are held to every possible assignment of linked rows in `tests/properties`. */
export function prepareMatchRates(sqlite: Database): MatchRateStore {
  return {
    async list({ filter, by, now, after, limit }) {
      const { workspaceId, sourceId, counterId, target, identifier, settledFrom, settledBefore } = filter;
      const before = settledBefore ?? Number.MAX_SAFE_INTEGER;
      const found = sqlite
        .query<MatchRate, Bound[]>(statementFor(by))
        .all(
          ...[workspaceId, sourceId, counterId, target, identifier, settledFrom ?? 0, before],
          ...[before > now ? 1 : 0, limit + 1, after],
        );
      return { rows: found.slice(0, limit), after: found.length > limit ? after + limit : null };
    },
  };
}
