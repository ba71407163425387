import {
  asList,
  asRecord,
  asText,
  emitDeals,
  isMapped,
  type Leftover,
  type SourceContext,
} from "metrika-gateway/plugin";
import * as v from "valibot";
import { type BitrixApi, createBitrixApi, PAGE } from "./api.ts";
import type { Config, Entity } from "./config.ts";
import { enrich } from "./enrich.ts";
import { stageNamesOf } from "./portal-facts.ts";
import { type CrmEntity, readEntity } from "./read-entity.ts";

/** Until when changes were read, by the portal's clock, Unix milliseconds. */
const Cursor = v.object({ until: v.number() });

/** A change may be seen a little late: what was read last is read again, and recognised by its key. */
const OVERLAP_MS = 120_000;

const COLUMNS = {
  deal: ["ID", "STAGE_ID", "STAGE_SEMANTIC_ID", "CATEGORY_ID", "DATE_MODIFY"],
  lead: ["ID", "STATUS_ID", "STATUS_SEMANTIC_ID", "DATE_MODIFY"],
} as const;

/** A deal or lead of a list, and when it was changed, Unix milliseconds. */
type Changed = CrmEntity & { readonly modifiedAt: number };

/**
 * Fetches what hooks have missed: reads what was changed since the last run. The first run only marks where the next one begins.
 * @throws {RetryLater} {Unusable}
 */
export async function catchUp(source: SourceContext<Config>): Promise<readonly Leftover[]> {
  if (!source.config.catch_up) return [];
  const api = createBitrixApi(source);
  const leftovers: Leftover[] = [];
  for (const entity of new Set(source.config.entities)) leftovers.push(...(await catchUpWith(entity, source, api)));
  return leftovers;
}

async function catchUpWith(
  entity: Entity,
  source: SourceContext<Config>,
  api: BitrixApi,
): Promise<readonly Leftover[]> {
  const name = `changed_${entity}s`;
  const kept = v.safeParse(Cursor, await source.state.get(name));
  let until = kept.success ? kept.output.until : source.now().getTime();
  if (!kept.success) {
    await source.state.set(name, { until });
    return [];
  }
  const leftovers: Leftover[] = [];
  for await (const page of changedSince(api, entity, until - OVERLAP_MS)) {
    leftovers.push(...(await take(source, api, entity, page)));
    until = Math.max(until, page.at(-1)?.modifiedAt ?? until);
    await source.state.set(name, { until });
  }
  return leftovers;
}

/**
 * Pages of what was changed, the earliest first. Each begins behind the last of the one before, so that what is changed meanwhile shifts
 * nothing; more than a page of one second, as an import makes it, is told apart by the ids.
 */
async function* changedSince(api: BitrixApi, entity: Entity, from: number): AsyncGenerator<readonly Changed[]> {
  for (let filter: Readonly<Record<string, string>> = { ">=DATE_MODIFY": stamp(from) }; ; ) {
    const page = await list(api, entity, filter, { DATE_MODIFY: "ASC", ID: "ASC" });
    yield page.changed;
    let last = page.changed.at(-1);
    if (!page.isFull || last === undefined) return;
    const second = stamp(last.modifiedAt);
    for (;;) {
      const within = { ">=DATE_MODIFY": second, "<=DATE_MODIFY": second, ">ID": last.id };
      const rest = await list(api, entity, within, { ID: "ASC" });
      if (rest.changed.length > 0) yield rest.changed;
      last = rest.changed.at(-1);
      if (!rest.isFull || last === undefined) break;
    }
    filter = { ">DATE_MODIFY": second };
  }
}

async function list(
  api: BitrixApi,
  entity: Entity,
  filter: Readonly<Record<string, string>>,
  order: Readonly<Record<string, "ASC">>,
): Promise<{ readonly changed: readonly Changed[]; readonly isFull: boolean }> {
  // Without a count, which is slow: https://apidocs.bitrix24.ru/settings/performance/huge-data.html
  const told = await api.call(`crm.${entity}.list`, { select: COLUMNS[entity], filter, order, start: -1 });
  const rows = asList(told);
  const changed = rows.flatMap((row) => {
    const found = readEntity(entity, row);
    const modifiedAt = Date.parse(asText(asRecord(row).DATE_MODIFY) ?? "");
    return found === null || Number.isNaN(modifiedAt) ? [] : [{ ...found, modifiedAt }];
  });
  return { changed, isFull: rows.length >= PAGE };
}

/** What the hook has told a person already, an unknown stage, is not told again. */
async function take(
  source: SourceContext<Config>,
  api: BitrixApi,
  entity: Entity,
  changed: readonly Changed[],
): Promise<readonly Leftover[]> {
  if (changed.length === 0) return [];
  const { config } = source;
  const names = await stageNamesOf(source, api, changed);
  const ids = changed.filter((it) => isMapped(config, names(it))).map(({ id }) => id);
  const told = await api.batch(Object.fromEntries(ids.map((id) => [`i${id}`, `crm.${entity}.get?id=${id}`])));
  const found = ids.flatMap((id) => readEntity(entity, told[`i${id}`], config.text_labels) ?? []);
  const leftovers = await emitDeals(source, config, await enrich(source, api, found, source.now()));
  return leftovers.filter(({ code, needs }) => needs === "person" && code !== "stage_not_mapped");
}

const stamp = (at: number) => `${new Date(at).toISOString().slice(0, 19)}+00:00`;
