import { type Contact, type Deal, isMapped, mapDeal, type SourceContext } from "metrika-gateway/plugin";
import type { BitrixApi } from "./api.ts";
import type { Config } from "./config.ts";
import { stageNamesOf } from "./portal-facts.ts";
import { borrowedFields, type CrmEntity, readContact } from "./read-entity.ts";
import { toDeal } from "./to-deal.ts";

/**
 * Makes deals of what the portal has. One at a mapped stage that names no visitor is looked up in the lead that it was made of, and in
 * its contact: forms often fill only those.
 * @throws {RetryLater} {Unusable}
 */
export async function enrich(
  source: SourceContext<Config>,
  api: BitrixApi,
  found: readonly CrmEntity[],
  receivedAt: Date,
): Promise<readonly Deal[]> {
  if (found.length === 0) return [];
  const { config } = source;
  const names = await stageNamesOf(source, api, found);
  const deals: Deal[] = [];
  for (const entity of found) {
    const deal = toDeal(entity, config.domain, names, receivedAt);
    const isWhole = !isMapped(config, deal) || hasIdentifier(config, deal);
    deals.push(isWhole ? deal : await withKin(deal, entity, config, api));
  }
  return deals;
}

/** An identifier with a dot in it is Google's more often than not, and no reason to look no further. */
function hasIdentifier(config: Config, deal: Deal): boolean {
  return mapDeal(config, deal).facts.some(({ fact }) => {
    const { client_id, yclid, user_id } = fact;
    return (client_id !== undefined && !client_id.includes(".")) || yclid !== undefined || user_id !== undefined;
  });
}

async function withKin(deal: Deal, { leadId, contactId }: CrmEntity, config: Config, api: BitrixApi): Promise<Deal> {
  const lead = leadId === null ? null : await api.get("lead", leadId);
  const contact = contactId === null ? null : await api.get("contact", contactId);
  const kin = [lead, contact].filter((it) => it !== null);
  return {
    ...deal,
    fields: [...deal.fields, ...kin.flatMap((it) => borrowedFields(it, config.text_labels))],
    contact: joined([deal.contact, readContact(contact), readContact(lead)]),
  };
}

const joined = (contacts: readonly Contact[]): Contact => ({
  phones: contacts.flatMap(({ phones }) => phones),
  emails: contacts.flatMap(({ emails }) => emails),
});
