import { type Deal, isMapped, type Leftover, type SourceContext } from "metrika-gateway/plugin";
import { accountOf, stageNamesOf } from "./account-facts.ts";
import { createAmoApi } from "./api.ts";
import type { Config } from "./config.ts";
import { leadDeleted, leadNotFound } from "./leftovers.ts";
import type { LeadChange } from "./read-hook.ts";
import { type Lead, type LeadContact, readContact, readLead } from "./read-lead.ts";
import { toDeal } from "./to-deal.ts";

/** Deals as amoCRM has them now, and what became none. */
export interface EnrichedDeals {
  readonly deals: readonly Deal[];
  readonly leftovers: readonly Leftover[];
}

/**
 * Asks amoCRM for the leads of changes, many at once, and for their main contacts. Of a stage that the mapping does not name nothing is
 * asked, and its lead is handed on as the hook has it.
 * @throws {RetryLater} {Unusable}
 */
export async function enrich(
  source: SourceContext<Config>,
  changes: readonly LeadChange[],
  receivedAt: Date,
): Promise<EnrichedDeals> {
  if (changes.length === 0) return { deals: [], leftovers: [] };
  const api = createAmoApi(source);
  const names = await stageNamesOf(source, api, changes);
  const options = { domain: source.config.domain, names, receivedAt };
  const bare = changes.map((change) => ({ change, deal: toDeal(change, { ...options, enrichment: null }) }));
  const mapped = bare.filter(({ change, deal }) => change.pipelineId === null || isMapped(source.config, deal));
  const leadIds = [...new Set(mapped.map(({ change }) => change.leadId))];
  if (leadIds.length === 0) return { deals: bare.map(({ deal }) => deal), leftovers: [] };

  const found = (await api.getMany("leads", leadIds, [["with", "contacts"]])).map(readLead);
  const leads = new Map(found.flatMap((lead): [string, Lead][] => (lead === null ? [] : [[lead.id, lead]])));
  const living = [...leads.values()].filter(({ isDeleted }) => !isDeleted);
  const contactIds = [...new Set(living.flatMap(({ contactId }) => contactId ?? []))];
  const read = (await api.getMany("contacts", contactIds)).map(readContact);
  const contacts = new Map(read.flatMap((it): [string, LeadContact][] => (it === null ? [] : [[it.id, it]])));
  const { currency } = await accountOf(source, api);

  const isAsked = new Set(mapped.map(({ change }) => change));
  const deals = bare.flatMap(({ change, deal }) => {
    if (!isAsked.has(change)) return [deal];
    const lead = leads.get(change.leadId);
    if (lead === undefined || lead.isDeleted) return [];
    const contact = lead.contactId === null ? null : (contacts.get(lead.contactId) ?? null);
    return [toDeal(change, { ...options, enrichment: { lead, contact, currency } })];
  });
  const leftovers = leadIds.flatMap((id) => {
    const lead = leads.get(id);
    if (lead === undefined) return [leadNotFound(id)];
    return lead.isDeleted ? [leadDeleted(id)] : [];
  });
  return { deals, leftovers };
}
