import type { Contact } from "../source-context.ts";

/**
 * A deal as a CRM knows it, in plain words: what an adapter makes of a hook or of the API's answer, and what a
 * {@link DealMapping} turns into conversions. Orders and calls are deals too.
 */
export interface Deal {
  /** Where it lives, part of its key: "acme.amocrm.ru". Never changes for a source. */
  readonly account: string;
  /** What the CRM calls it: "lead", "deal", "order", "call". Part of its key. */
  readonly kind: string;
  /** Unique among those of its account and kind. */
  readonly id: string;
  /** Every name by which its pipeline is known, the readable one last: id, code, name. Empty where there are no pipelines. */
  readonly pipeline: readonly string[];
  /** Every name by which its stage or status is known, the readable one last. */
  readonly stage: readonly string[];
  /** When it came to this stage: ISO 8601, Unix seconds, or a text without an offset, which is read in the source's zone. */
  readonly happenedAt: string | number;
  /** Exact decimal, as the CRM has it; null for none. */
  readonly price: string | null;
  /** ISO 4217; null: the source's default. */
  readonly currency: string | null;
  /** The deal's own first, then those of its main contact: the first that has a usable value counts. */
  readonly fields: readonly DealField[];
  readonly contact: Contact;
}

/** A field of a deal or contact. Ids differ from account to account, so a mapping may name it by any of the three. */
export interface DealField {
  readonly id: string | null;
  readonly code: string | null;
  readonly name: string | null;
  /** As text, digit by digit; the first usable one counts. */
  readonly values: readonly string[];
}
