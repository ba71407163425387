import type { MatchDimension, MatchRate, MatchRateStore } from "../store.ts";
import { OPEN_STATES } from "./open-states.ts";
import { type Driver, greater, lesser, type Param, type Statement, statement } from "./work.ts";

/** The column by which each dimension is grouped, the name that it is grouped under, and its type. */
const COLUMNS: Readonly<Record<MatchDimension, readonly [column: string, name: string, type: "bigint" | "text"]>> = {
  webhook: ["g.source_id", "source_id", "bigint"],
  counter: ["f.counter_id", "counter_id", "bigint"],
  target: ["g.target", "target", "text"],
  identifier: ["g.identifier", "identifier", "text"],
};
const NAMES = Object.values(COLUMNS)
  .map(([, name]) => name)
  .join(", ");

/** A condition that holds where nothing is asked for. */
const unless = (param: string, type: string, column: string) =>
  `(cast(${param} as ${type}) is null or ${column} = ${param})`;

/**
 * A number of linked rows that exceeds the rows of the file tells nothing about them. Two branches, so that finished files
 * are found by the index of their settling (the empty text keeps SQLite from that of their state) and open ones by that of
 * their state. Measured on two cores under load: 100,000 finished files of three groups hold the process for one to three
 * seconds, the latest thousand of them for 10 to 50 ms, so askers should name a period.
 */
const statementFor = (by: readonly MatchDimension[]) => {
  const key = Object.entries(COLUMNS).map(([dimension, [column, name, type]]) =>
    (by as readonly string[]).includes(dimension) ? `${column} as ${name}` : `cast(null as ${type}) as ${name}`,
  );
  const ofCounter = unless("?3", "bigint", "counter_id");
  const fewest = greater("0", "(linked - (total - n))");
  return `with files as (
    select id, counter_id, rows, 0 as is_open, case when metrika_status = 'LINKAGE_FAILURE' then 0 when linked_quantity <= rows then linked_quantity end as linked
      from uploads where state || '' = 'completed' and workspace_id = ?1 and ${ofCounter} and settled_at >= ?6 and settled_at < ?7
    union all
    select id, counter_id, rows, 1, null from uploads
      where cast(?8 as bigint) = 1 and state in ${OPEN_STATES} and workspace_id = ?1 and ${ofCounter}),
  keyed as (
    select ${key.join(", ")}, f.rows as total, f.linked, f.is_open, sum(g.rows) as n
      from files f cross join upload_groups g
      where g.upload_id = f.id and ${unless("?2", "bigint", "g.source_id")} and ${unless("?4", "text", "g.target")}
        and ${unless("?5", "text", "g.identifier")}
      group by f.id, 1, 2, 3, 4, f.rows, f.linked, f.is_open)
  select (select s.uuid from sources s where s.id = source_id) as "sourceUuid", counter_id as "counterId", target, identifier,
      sum(case when linked is null then 0 else n end) as rows,
      coalesce(sum(${fewest}), 0) as "linkedMin",
      coalesce(sum(${lesser("n", "linked")}), 0) as "linkedMax",
      sum(case when linked is null and is_open = 0 then n else 0 end) as "rowsUnknown",
      sum(case when is_open = 1 then n else 0 end) as "rowsOpen"
    from keyed group by ${NAMES} order by rows desc, sum(n) desc, ${NAMES} limit ?9 offset ?10`;
};

const statements = new Map<string, Statement<MatchRate, Param[]>>();

/** Match rates by one statement; its bounds are held to every possible assignment of linked rows in `tests/properties`. */
export function createMatchRateStore(driver: Driver): MatchRateStore {
  return {
    async list({ filter, by, now, after, limit }) {
      const { workspaceId, sourceId, counterId, target, identifier, settledFrom, settledBefore } = filter;
      const before = settledBefore ?? Number.MAX_SAFE_INTEGER;
      const dimensions = by.toSorted().join();
      const asked = statements.get(dimensions) ?? statement<MatchRate, Param[]>(statementFor(by));
      statements.set(dimensions, asked);
      const found = await driver.ask(
        asked.all(
          ...[workspaceId, sourceId, counterId, target, identifier, settledFrom ?? 0, before],
          ...[before > now ? 1 : 0, limit + 1, after],
        ),
      );
      return { rows: found.slice(0, limit), after: found.length > limit ? after + limit : null };
    },
  };
}
