import type { Contact, Deal, DealField } from "metrika-gateway/plugin";
import type { LeadChange } from "./read-hook.ts";
import { type Lead, type LeadContact, readFields, readPrice } from "./read-lead.ts";

/** Won and lost have these ids in every pipeline. */
const CLOSED = new Set(["142", "143"]);

const NOBODY: Contact = { phones: [], emails: [] };

/** What the API has told of a lead that a change is about. */
export interface Enrichment {
  readonly lead: Lead;
  readonly contact: LeadContact | null;
  /** Of the account, ISO 4217. */
  readonly currency: string | null;
}

/** Names of pipelines and stages by their ids; both are null where they are unknown. */
export type StageNames = (
  pipelineId: string | null,
  statusId: string,
) => { readonly pipeline: string | null; readonly stage: string | null };

/** Of a source that asks amoCRM for nothing. */
export const noNames: StageNames = () => ({ pipeline: null, stage: null });

/** What a change becomes a deal with. */
export interface ToDealOptions {
  readonly domain: string;
  readonly names: StageNames;
  /** Null: as the hook alone has it. */
  readonly enrichment: Enrichment | null;
  readonly receivedAt: Date;
}

/**
 * A lead that came to a stage. The stage is the one that was told, even where the lead has moved on since; amount, fields and contact
 * are those that the lead has now. It happened when the lead was closed, else when the change was told to have happened.
 */
export function toDeal(change: LeadChange, { domain, names, enrichment, receivedAt }: ToDealOptions): Deal {
  const { leadId, statusId, entry } = change;
  const pipelineId = change.pipelineId ?? enrichment?.lead.pipelineId ?? null;
  const named = names(pipelineId, statusId);
  return {
    ...{ account: domain, kind: "lead", id: leadId },
    pipeline: [pipelineId, named.pipeline].filter((it) => it !== null),
    stage: [statusId, named.stage].filter((it) => it !== null),
    happenedAt: happenedAt(change, enrichment?.lead ?? null) ?? Math.floor(receivedAt.getTime() / 1000),
    price: enrichment === null ? readPrice(entry) : enrichment.lead.price,
    currency: enrichment?.currency ?? null,
    fields: [...(enrichment ? fieldsOf(enrichment) : readFields(entry.custom_fields)), value("lead_id", leadId)],
    contact: enrichment?.contact?.reachedBy ?? NOBODY,
  };
}

/** In Unix seconds. Of a lead that has moved on, the time of its last edit says nothing about this stage. */
function happenedAt({ statusId, changedAt }: LeadChange, lead: Lead | null): number | null {
  if (lead === null || lead.statusId !== statusId) return changedAt;
  return (CLOSED.has(statusId) ? lead.closedAt : null) ?? changedAt ?? lead.updatedAt;
}

function fieldsOf({ lead, contact }: Enrichment): readonly DealField[] {
  if (contact === null) return lead.fields;
  return [...lead.fields, ...contact.fields, value("contact_id", contact.id)];
}

/** An id of amoCRM as a field, for companies whose site knows it. A field of the same name, made by a person, stands before it. */
function value(code: string, id: string): DealField {
  return { id: null, code, name: null, values: [id] };
}
