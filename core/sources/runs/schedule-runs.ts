import { getLogger } from "@logtape/logtape";
import type { DueSource, SourceRecord, Store } from "../../store/store.ts";
import type { OpenConfig } from "../open-config.ts";
import type { PluginCatalogue } from "../plugin-catalogue.ts";
import { nextRunAt } from "../schedule.ts";

const log = getLogger(["metrika-gateway", "runs"]);

/** Sources that are read at once. */
const PORTION = 100;
/** When a source without its plugin is looked at again. */
const LATER_MS = 3_600_000;

/** What runs are scheduled with. */
export interface SchedulingDeps {
  readonly store: Pick<Store, "runs" | "sources">;
  readonly catalogue: Pick<PluginCatalogue, "find">;
  readonly openConfig: OpenConfig;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/**
 * Makes the runs of the sources whose time has come, and reckons their next time. After a downtime each has one run, however often it
 * was due. A source that cannot be used is moved on without a run: it waits for a person.
 * @returns how many runs were made
 */
export async function scheduleRuns(deps: SchedulingDeps): Promise<number> {
  const { runs, sources } = deps.store;
  let made = 0;
  for (let due = await runs.dueSources(deps.now(), PORTION); ; due = await runs.dueSources(deps.now(), PORTION)) {
    const known = await sources.getMany(due.map(({ sourceId }) => sourceId));
    for (const one of due) {
      const source = known.get(one.sourceId);
      if (source && (await scheduleOrPutOff(deps, source, one))) made++;
    }
    if (due.length < PORTION) return made;
  }
}

/** One source that cannot be reckoned must not hold up the others. */
async function scheduleOrPutOff(deps: SchedulingDeps, source: SourceRecord, due: DueSource): Promise<boolean> {
  try {
    return await scheduleRun(deps, source, due);
  } catch (error) {
    log.error("Source {sourceId} is put off by an hour: {error}", { sourceId: source.uuid, error });
    return deps.store.runs.schedule(due, deps.now() + LATER_MS, null);
  }
}

async function scheduleRun(deps: SchedulingDeps, source: SourceRecord, due: DueSource): Promise<boolean> {
  const { store, now, newUuid } = deps;
  const listed = deps.catalogue.find(source.plugin);
  if (listed === null) return store.runs.schedule(due, now() + LATER_MS, null);
  const next = nextRunAt(source, listed.plugin.schedule?.defaultCron ?? null, now());
  if (!source.isActive || !listed.plugin.schedule) return store.runs.schedule(due, next, null);
  const opened = deps.openConfig(source);
  if (!opened.ok) {
    log.warn("Source {sourceId} is due and cannot be used: {code}", { sourceId: source.uuid, code: opened.code });
    return store.runs.schedule(due, next, null);
  }
  const run = { uuid: newUuid(), sourceId: source.id, kind: "schedule", input: {}, dueAt: due.dueAt } as const;
  return store.runs.schedule(due, next, { ...run, now: now() });
}
