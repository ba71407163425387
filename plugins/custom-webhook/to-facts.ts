import { asText, type Contact, type Leftover } from "metrika-gateway/plugin";
import type { MappedField } from "./config.ts";

/** One conversion as a mapping gave it, with what `emit` is told beside it. */
export interface CustomFact {
  readonly fact: Readonly<Record<string, unknown>>;
  readonly key: string | null;
  /** Null: the source's own counter. */
  readonly counterId: number | null;
  readonly contact: Contact | null;
}

/** What a mapping gave: conversions, and rows that are none. */
export interface MappedRequest {
  readonly facts: readonly CustomFact[];
  readonly leftovers: readonly Leftover[];
}

const ofFact = ["client_id", "user_id", "yclid", "purchase_id", "target", "date_time", "price", "currency"] as const;
const beside = ["key", "counter_id", "phone", "email", "skip"] as const satisfies readonly MappedField[];
const known: ReadonlySet<string> = new Set([...ofFact, ...beside]);

/**
 * Reads what the mapping gave: an object, a list of them, or nothing.
 * @param receivedAt stands in for a time that the mapping does not give
 */
export function toFacts(result: unknown, receivedAt: Date): MappedRequest {
  const rows = result === null || result === undefined ? [] : Array.isArray(result) ? result : [result];
  if (rows.length === 0) return { facts: [], leftovers: [nothingMapped] };
  const facts: CustomFact[] = [];
  const leftovers: Leftover[] = [];
  for (const [i, row] of rows.entries()) {
    const read = readRow(row, `row ${i + 1}`, receivedAt);
    if ("code" in read) leftovers.push(read);
    else facts.push(read);
  }
  return { facts, leftovers };
}

function readRow(row: unknown, subject: string, receivedAt: Date): CustomFact | Leftover {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return notAnObject(subject);
  const given = row as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) return unknownField(subject, unknown);
  if (asText(given.skip) !== null) return skipped(subject);
  const counter = asText(given.counter_id);
  if (counter !== null && !/^[1-9]\d{0,9}$/.test(counter)) return counterUnreadable(subject);
  return {
    // What an empty field of the sender's becomes is no value here.
    fact: {
      ...Object.fromEntries(ofFact.map((name) => [name, given[name] ?? undefined])),
      date_time: given.date_time ?? receivedAt.toISOString(),
    },
    key: asText(given.key),
    counterId: counter === null ? null : Number(counter),
    contact: contactOf(asText(given.phone), asText(given.email)),
  };
}

function contactOf(phone: string | null, email: string | null): Contact | null {
  if (phone === null && email === null) return null;
  return { phones: phone === null ? [] : [phone], emails: email === null ? [] : [email] };
}

const nothingMapped: Leftover = {
  ...{ subject: "request", code: "nothing_mapped", needs: "nothing" },
  message: {
    ru: "Выражение не дало ни одной конверсии.",
    en: "The expression gave no conversion.",
  },
};

const skipped = (subject: string): Leftover => ({
  ...{ subject, code: "skipped", needs: "nothing" },
  message: { ru: "Пропущено по правилу (поле skip).", en: "Skipped by its rule (the field skip)." },
});

const notAnObject = (subject: string): Leftover => ({
  ...{ subject, code: "not_an_object", needs: "person" },
  message: {
    ru: "Выражение дало не объект. Каждая конверсия — объект с полями client_id, target и другими.",
    en: "The expression gave something that is no object. Each conversion is an object with client_id, target and so on.",
  },
});

const unknownField = (subject: string, name: string): Leftover => ({
  ...{ subject, code: "field_unknown", needs: "person" },
  message: {
    ru: `Выражение дало поле «${name.slice(0, 50)}», которого у конверсии нет. Проверьте имя поля.`,
    en: `The expression gave the field "${name.slice(0, 50)}", which a conversion does not have. Check its name.`,
  },
});

const counterUnreadable = (subject: string): Leftover => ({
  ...{ subject, code: "counter_unknown", needs: "person" },
  message: {
    ru: "counter_id — не номер счётчика. Строка отложена и никуда не отправлена.",
    en: "counter_id is no number of a counter. The row was set aside and sent nowhere.",
  },
});
