import {
  asList,
  asRecord,
  asText,
  emitDeals,
  type Leftover,
  type SourceContext,
  Unusable,
} from "metrika-gateway/plugin";
import * as v from "valibot";
import { type AmoApi, createAmoApi } from "./api.ts";
import type { Config } from "./config.ts";
import { enrich } from "./enrich.ts";
import { hookDisabled } from "./leftovers.ts";
import { ownHook } from "./own-hook.ts";
import { asSeconds, isId, type LeadChange } from "./read-hook.ts";

/** Until when the journal was read, Unix seconds. */
const Cursor = v.object({ until: v.number() });

/** The journal may be written a little late: what was read last is read again, and recognised by its key. */
const OVERLAP_SECONDS = 120;
/** After an outage the journal is read in steps, so that an interrupted run goes on where it was. */
const STEP_SECONDS = 3600;
const PAGE = "100";

/**
 * Fetches what hooks have missed: reads the journal of stages since the last run, and tells when amoCRM has switched our hook off. The
 * first run only marks where the next one begins.
 * @throws {RetryLater} {Unusable}
 */
export async function catchUp(source: SourceContext<Config>): Promise<readonly Leftover[]> {
  if (!source.config.enrich || !source.config.catch_up) return [];
  const api = createAmoApi(source);
  const leftovers = (await isHookOff(source, api)) ? [hookDisabled()] : [];
  const now = Math.floor(source.now().getTime() / 1000);
  const kept = v.safeParse(Cursor, await source.state.get("journal"));
  let until = kept.success ? Math.min(kept.output.until, now) : now;
  const begun = until;
  while (until < now) {
    const to = Math.min(until + STEP_SECONDS, now);
    for await (const changes of journal(api, until - OVERLAP_SECONDS, to)) {
      leftovers.push(...(await take(source, changes)));
    }
    until = to;
    await source.state.set("journal", { until });
    source.progress(until - begun, now - begun);
  }
  if (!kept.success) await source.state.set("journal", { until });
  return leftovers;
}

/** The list of hooks is for administrators: a token without that right may still read the journal. */
async function isHookOff(source: SourceContext<Config>, api: AmoApi): Promise<boolean> {
  try {
    return (await ownHook(source, api)) === "disabled";
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    source.log.debug("The list of amoCRM's hooks cannot be read: {code}", { code: error.code });
    return false;
  }
}

/** Changes of leads' stages between two times, page by page. */
async function* journal(api: AmoApi, from: number, to: number): AsyncGenerator<readonly LeadChange[]> {
  const pages = api.pages("/events", "events", [
    ["filter[type]", "lead_status_changed"],
    ["filter[created_at][from]", String(from)],
    ["filter[created_at][to]", String(to)],
    ["limit", PAGE],
  ]);
  for await (const events of pages) yield events.flatMap((it) => readEvent(it) ?? []);
}

/** An event of the journal: https://www.amocrm.ru/developers/content/crm_platform/events-and-notes */
function readEvent(told: unknown): LeadChange | null {
  const { entity_id, entity_type, created_at, value_after } = asRecord(told);
  const status = asRecord(asRecord(asList(value_after)[0]).lead_status);
  const [leadId, statusId, pipelineId] = [entity_id, status.id, status.pipeline_id].map(asText);
  if (asText(entity_type) !== "lead" || !isId(leadId) || !isId(statusId)) return null;
  return {
    ...{ leadId, statusId, pipelineId: isId(pipelineId) ? pipelineId : null },
    ...{ changedAt: asSeconds(created_at), isMove: true, entry: {} },
  };
}

/** What the hook has told a person already, an unknown stage, is not told again. */
async function take(source: SourceContext<Config>, changes: readonly LeadChange[]): Promise<readonly Leftover[]> {
  const { deals, leftovers } = await enrich(source, changes, source.now());
  const unmapped = await emitDeals(source, source.config, deals);
  return [...leftovers, ...unmapped].filter(({ code, needs }) => needs === "person" && code !== "stage_not_mapped");
}
