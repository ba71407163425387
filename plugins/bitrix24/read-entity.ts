import { asList, asRecord, asText, type Contact, type DealField } from "metrika-gateway/plugin";
import type { Entity } from "./config.ts";
import { isId } from "./read-hook.ts";

/** A deal or lead as the portal has it. */
export interface CrmEntity {
  readonly entity: Entity;
  readonly id: string;
  readonly stageId: string;
  /** `S` won, `F` lost, `P` open; null where it is not told. */
  readonly semantics: string | null;
  /** Of deals; leads have no pipelines. */
  readonly categoryId: string | null;
  /** ISO 8601 with the offset of the portal's server: when it came to its stage, and when it was last changed. */
  readonly movedTime: string | null;
  readonly modified: string | null;
  readonly price: string | null;
  readonly currency: string | null;
  /** The lead that a deal was made of. */
  readonly leadId: string | null;
  readonly contactId: string | null;
  readonly fields: readonly DealField[];
  readonly reachedBy: Contact;
}

type Json = Readonly<Record<string, unknown>>;

/** What may be looked up in a lead or contact for want of it in the deal; its amount and its dates are its own. */
const BORROWED = /^(?:UF_CRM_|UTM_)/i;
/** A field of the type "money". */
const MONEY = /^(\d+(?:\.\d+)?)\|[A-Z]{3}$/;

/**
 * Reads a deal of `crm.deal.get` or a lead of `crm.lead.get`, whose planned dates (CLOSEDATE) are left alone; null for what is none.
 * @param labels words before identifiers in its comments
 */
export function readEntity(entity: Entity, told: unknown, labels: readonly string[] = []): CrmEntity | null {
  const record = asRecord(told);
  const [stage, semantics] =
    entity === "deal" ? (["STAGE_ID", "STAGE_SEMANTIC_ID"] as const) : (["STATUS_ID", "STATUS_SEMANTIC_ID"] as const);
  const [id, stageId, leadId, contactId] = [record.ID, record[stage], record.LEAD_ID, record.CONTACT_ID].map(asText);
  if (!isId(id) || typeof stageId !== "string") return null;
  return {
    ...{ entity, id, stageId, semantics: asText(record[semantics]) },
    categoryId: entity === "deal" ? (asText(record.CATEGORY_ID) ?? "0") : null,
    movedTime: asText(record.MOVED_TIME),
    modified: asText(record.DATE_MODIFY),
    price: asText(record.OPPORTUNITY),
    currency: asText(record.CURRENCY_ID),
    leadId: isId(leadId) ? leadId : null,
    contactId: isId(contactId) ? contactId : null,
    fields: [...readFields(record), ...labelled(record, labels)],
    reachedBy: readContact(record),
  };
}

/** The fields of a lead or contact that may stand in for those of a deal. */
export function borrowedFields(told: unknown, labels: readonly string[] = []): readonly DealField[] {
  const record = asRecord(told);
  return [...readFields(record).filter(({ code }) => BORROWED.test(code ?? "")), ...labelled(record, labels)];
}

/** By whom a contact or lead is reached. */
export function readContact(told: unknown): Contact {
  const { PHONE, EMAIL } = asRecord(told);
  return { phones: valuesOf(PHONE), emails: valuesOf(EMAIL) };
}

function readFields(record: Json): readonly DealField[] {
  return Object.entries(record).flatMap(([code, told]) => {
    const values = valuesOf(told);
    return values.length === 0 ? [] : [{ id: null, code, name: null, values }];
  });
}

/** Nothing is told as `""`, `null`, `false` or `[]`; several values as a list, those of phones as objects with VALUE. */
function valuesOf(told: unknown): readonly string[] {
  if (told === false) return [];
  const single = Array.isArray(told) ? null : (asText(told) ?? asText(asRecord(told).VALUE));
  if (single !== null) return [MONEY.exec(single)?.[1] ?? single];
  return asList(told).flatMap((it) => asText(it) ?? asText(asRecord(it).VALUE) ?? []);
}

/** Digits behind a label in what people and forms write: "_ym_uid: 1770146617335078468". */
function labelled({ COMMENTS, SOURCE_DESCRIPTION }: Json, labels: readonly string[]): readonly DealField[] {
  const texts = [COMMENTS, SOURCE_DESCRIPTION].map(asText).filter((text) => text !== null);
  return labels.flatMap((label) => {
    const name = label.replaceAll(".", "\\.");
    const pattern = new RegExp(`(?<![\\p{L}\\d_])${name}["']?\\s*[:=]\\s*["']?(\\d{1,40})(?!\\d)`, "iu");
    const values = texts.flatMap((text) => pattern.exec(text)?.[1] ?? []);
    return values.length === 0 ? [] : [{ id: null, code: label, name: null, values }];
  });
}
