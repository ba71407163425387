import type { Lane, Placement, PlacementRules } from "../store.ts";
import type { Ask } from "./ask.ts";
import type { Asking } from "./driver.ts";
import { list } from "./lists.ts";

/** Files opened within this time of a counter's first one are first ones too: the first batch may need several. */
const FIRST_MOMENT_MS = 2000;

/** The rows of a page that one lane takes. */
interface LanePart {
  readonly key: string;
  readonly lane: Lane;
  rows: number;
  bytes: number;
}

/** A row on its way into a file. */
export type Going = Placement & { readonly to: "upload" };

/** A file that takes rows of this page. */
export interface FillingFile {
  readonly id: number;
  /** Opened for this page. */
  readonly isNew: boolean;
}

/** A file that is still to be opened, or one that stands in the database. */
interface ChosenFile {
  id: number | null;
  readonly lane: Lane;
  readonly ripeAt: number;
  /** With the rows that this page puts into it. */
  rows: number;
  bytes: number;
}

interface Found {
  readonly id: number;
  readonly rows: number;
  readonly bytes: number;
}

/** What is known of a counter that wants a new file. */
interface CounterFiles {
  /** Files that are being filled, of all its lanes. */
  filling: number;
  /** Nobody has waited for a file of this counter yet: somebody watches the first ones. */
  readonly isFirst: boolean;
}

const laneKey = (lane: Lane) => Object.values(lane).join("\n");
const counterKey = (lane: Lane) => `${lane.counterId}/${lane.workspaceId}`;
const mixed = (lane: Lane): Lane => ({ ...lane, target: null, identifier: null });

/** Finds or opens the file of each row of a page, in order; nobody else can close them until the transaction ends. */
export function createFillingFiles(ask: Ask) {
  /** The open file of each lane; null where there is none. */
  async function findFiles(on: Asking, lanes: readonly Lane[], { now, maxRows, maxBytes }: PlacementRules) {
    if (lanes.length === 0) return new Map<string, Found>();
    const found = await ask<Found & { n: number }>(
      on,
      // A ripe file takes rows until the planner's round ends and seals it, unless a row of the near future holds it: joined
      // for ever, such a file would never be sent. Locked, so that it is not sealed meanwhile.
      `select v.n, u.id, u.rows, u.bytes
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[])
         with ordinality v(counter_id, credential_id, currency, workspace_id, target, identifier, uncertain_policy, n)
       cross join lateral (
         select id, rows, bytes from uploads u
         where state = 'filling' and u.counter_id = v.counter_id and u.credential_id = v.credential_id and u.currency = v.currency
           and u.workspace_id = v.workspace_id and u.target is not distinct from v.target
           and u.identifier is not distinct from v.identifier and u.uncertain_policy = v.uncertain_policy and replay_of is null
           and (ripe_at > $8 or not_before * 1000 < $8) and rows < $9 and bytes < $10
         order by id desc limit 1 for update) u`,
      [...laneColumns(lanes), now, maxRows, maxBytes],
    );
    return new Map(found.map(({ n, ...file }) => [laneKey(lanes[n - 1] as Lane), file]));
  }

  async function countersOf(on: Asking, lanes: readonly Lane[], now: number) {
    const counters = new Map<string, CounterFiles>();
    if (lanes.length === 0) return counters;
    const distinct = [...new Map(lanes.map((lane) => [counterKey(lane), lane])).values()];
    const found = await ask<{ n: number; filling: number; is_first: boolean }>(
      on,
      `select v.n, (select count(*) from uploads u where u.state = 'filling' and u.counter_id = v.counter_id) as filling,
         not exists (select 1 from uploads u where u.counter_id = v.counter_id and u.workspace_id = v.workspace_id
           and (u.state <> 'filling' or u.created_at < $3)) as is_first
       from unnest($1::bigint[], $2::bigint[]) with ordinality v(counter_id, workspace_id, n)`,
      [
        list(distinct.map(({ counterId }) => counterId)),
        list(distinct.map(({ workspaceId }) => workspaceId)),
        now - FIRST_MOMENT_MS,
      ],
    );
    for (const { n, filling, is_first } of found)
      counters.set(counterKey(distinct[n - 1] as Lane), { filling, isFirst: is_first });
    return counters;
  }

  async function open(on: Asking, files: readonly ChosenFile[], { now, newUuid }: PlacementRules): Promise<void> {
    if (files.length === 0) return;
    const uuids = files.map(() => newUuid());
    const opened = await ask<{ id: number; uuid: string }>(
      on,
      `insert into uploads (uuid, workspace_id, counter_id, credential_id, currency, target, identifier, uncertain_policy,
         state, ripe_at, not_before, next_attempt_at, created_at, updated_at)
       select v.uuid, v.workspace_id, v.counter_id, v.credential_id, v.currency, v.target, v.identifier, v.uncertain_policy,
         'filling', v.ripe_at, 0, v.ripe_at, $10, $10
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[])
         with ordinality v(counter_id, credential_id, currency, workspace_id, target, identifier, uncertain_policy, uuid, ripe_at, n)
       order by v.n returning id, uuid`,
      [...laneColumns(files.map(({ lane }) => lane)), uuids, list(files.map(({ ripeAt }) => ripeAt)), now],
    );
    const ids = new Map(opened.map(({ id, uuid }) => [uuid, id]));
    for (const [n, file] of files.entries()) file.id = ids.get(uuids[n] ?? "") ?? null;
  }

  return {
    async choose(on: Asking, page: readonly Going[], rules: PlacementRules): Promise<ReadonlyMap<number, FillingFile>> {
      const parts = new Map<string, LanePart>();
      const partOf = page.map(({ row, lane }) => {
        const key = laneKey(lane);
        const part = parts.get(key) ?? { key, lane, rows: 0, bytes: 0 };
        part.rows++;
        part.bytes += row.bytes;
        parts.set(key, part);
        return part;
      });
      const lanes = [...parts.values()];
      const found = await findFiles(
        on,
        lanes.map(({ lane }) => lane),
        rules,
      );
      const short = lanes
        .filter(({ key, rows, bytes }) => {
          const file = found.get(key);
          return !file || file.rows + rows > rules.maxRows || file.bytes + bytes > rules.maxBytes;
        })
        .map(({ lane }) => lane);
      const [counters, shared] = await Promise.all([
        countersOf(on, short, rules.now),
        findFiles(on, distinctMixed(short), rules),
      ]);
      const { chosen, toOpen } = chooseFiles(page, partOf, new Map([...found, ...shared]), counters, rules);
      await open(on, toOpen, rules);
      const opened = new Set(toOpen);
      return new Map(
        [...chosen].map(([row, file]) => {
          if (file.id === null) throw new Error("A file was not opened.");
          return [row, { id: file.id, isNew: opened.has(file) }];
        }),
      );
    },
  };
}

/** Which file each row goes into, as if one came after the other. */
function chooseFiles(
  page: readonly Going[],
  partOf: readonly LanePart[],
  found: ReadonlyMap<string, Found>,
  counters: ReadonlyMap<string, CounterFiles>,
  rules: PlacementRules,
) {
  const files = new Map<string, ChosenFile>();
  const toOpen: ChosenFile[] = [];
  const isFull = ({ rows, bytes }: Found | ChosenFile) => rows >= rules.maxRows || bytes >= rules.maxBytes;
  const findOpen = (key: string, lane: Lane): ChosenFile | null => {
    let file = files.get(key);
    const known = found.get(key);
    if (!file && known) {
      file = { ...known, lane, ripeAt: 0 };
      files.set(key, file);
    }
    return file && !isFull(file) ? file : null;
  };
  const openNew = (lane: Lane, lingerMs: number, counter: CounterFiles | undefined): ChosenFile => {
    const ripeAt = counter?.isFirst ? rules.now : rules.now + lingerMs;
    const file = { id: null, lane, ripeAt, rows: 0, bytes: 0 };
    files.set(laneKey(lane), file);
    toOpen.push(file);
    if (counter) counter.filling++;
    return file;
  };
  const chosen = new Map<number, ChosenFile>();
  for (const [n, { row, lane, lingerMs }] of page.entries()) {
    let file = findOpen(partOf[n]?.key ?? laneKey(lane), lane);
    if (!file) {
      const counter = counters.get(counterKey(lane));
      const mayOpen = lane.target === null || (counter?.filling ?? 0) < rules.maxLanes;
      const kind = mayOpen ? lane : mixed(lane);
      file = (mayOpen ? null : findOpen(laneKey(kind), kind)) ?? openNew(kind, lingerMs, counter);
    }
    file.rows++;
    file.bytes += row.bytes;
    chosen.set(row.id, file);
  }
  return { chosen, toOpen };
}

function distinctMixed(lanes: readonly Lane[]): readonly Lane[] {
  const split = lanes.filter(({ target }) => target !== null).map(mixed);
  return [...new Map(split.map((lane) => [laneKey(lane), lane])).values()];
}

function laneColumns(lanes: readonly Lane[]) {
  return [
    list(lanes.map(({ counterId }) => counterId)),
    list(lanes.map(({ credentialId }) => credentialId)),
    lanes.map(({ currency }) => currency),
    list(lanes.map(({ workspaceId }) => workspaceId)),
    lanes.map(({ target }) => target),
    lanes.map(({ identifier }) => identifier),
    lanes.map(({ uncertainPolicy }) => uncertainPolicy),
  ] as const;
}
