import { asList, asRecord, asText, type Contact, type DealField } from "metrika-gateway/plugin";
import { asSeconds, isId } from "./read-hook.ts";

/** A lead as the API has it. */
export interface Lead {
  readonly id: string;
  readonly statusId: string | null;
  readonly pipelineId: string | null;
  readonly isDeleted: boolean;
  /** Unix seconds. */
  readonly updatedAt: number | null;
  /** Unix seconds; null while it is open. */
  readonly closedAt: number | null;
  readonly price: string | null;
  readonly fields: readonly DealField[];
  /** The main contact, or the only one. */
  readonly contactId: string | null;
}

/** A contact as the API has it. */
export interface LeadContact {
  readonly id: string;
  readonly fields: readonly DealField[];
  readonly reachedBy: Contact;
}

/** Reads a lead of the API v4; null for what is none. */
export function readLead(told: unknown): Lead | null {
  const lead = asRecord(told);
  const [id, statusId, pipelineId] = [lead.id, lead.status_id, lead.pipeline_id].map(asText);
  if (!isId(id)) return null;
  const contacts = asList(asRecord(lead._embedded).contacts).map(asRecord);
  const main = contacts.find((it) => it.is_main === true) ?? contacts[0];
  const contactId = asText(main?.id);
  return {
    ...{ id, statusId: statusId ?? null, pipelineId: pipelineId ?? null, isDeleted: lead.is_deleted === true },
    ...{ updatedAt: asSeconds(lead.updated_at), closedAt: asSeconds(lead.closed_at) },
    ...{ price: readPrice(lead), fields: readFields(lead.custom_fields_values) },
    contactId: isId(contactId) ? contactId : null,
  };
}

/** Reads a contact of the API v4; null for what is none. */
export function readContact(told: unknown): LeadContact | null {
  const { id: given, custom_fields_values } = asRecord(told);
  const id = asText(given);
  if (!isId(id)) return null;
  const fields = readFields(custom_fields_values);
  const valuesOf = (code: string) => fields.flatMap((it) => (it.code?.toUpperCase() === code ? it.values : []));
  return { id, fields, reachedBy: { phones: valuesOf("PHONE"), emails: valuesOf("EMAIL") } };
}

/**
 * Reads custom fields in either shape: `custom_fields` of hooks (id, name, code) and `custom_fields_values` of the API (field_id,
 * field_name, field_code). Hooks send a date as a bare scalar, and sometimes one value without its list.
 */
export function readFields(told: unknown): readonly DealField[] {
  return asList(told).map((it) => {
    const { id, code, name, field_id, field_code, field_name, values } = asRecord(it);
    return {
      ...{ id: asText(id ?? field_id), code: asText(code ?? field_code), name: asText(name ?? field_name) },
      values: readValues(values),
    };
  });
}

function readValues(told: unknown): readonly string[] {
  const single = asText(told) ?? asText(asRecord(told).value);
  if (single !== null && !Array.isArray(told)) return [single];
  return asList(told).flatMap((it) => asText(it) ?? asText(asRecord(it).value) ?? []);
}

/**
 * A lead's amount: with its kopecks where they are told. `price` is cut to whole roubles, and the unit of `price_with_minor_units` is
 * documented nowhere, so it counts only where it agrees with `price`.
 */
export function readPrice({ price, price_with_minor_units }: Readonly<Record<string, unknown>>): string | null {
  const [whole, exact] = [asText(price), asText(price_with_minor_units)];
  if (exact === null || whole === null) return whole ?? exact;
  return integerPart(exact) === integerPart(whole) ? exact : whole;
}

const integerPart = (decimal: string) => /^0*(\d*)/.exec(decimal)?.[1];
