import { asRecord, asText, parseExactJson } from "metrika-gateway/plugin";

/** What Mango tells of a call, VPBX API 1.9, 3.1. */
export type MangoEvent =
  | CallEvent
  | CallSummary
  /** Of records, keys, messages and whatever else there is. */
  | { readonly kind: "other" }
  /** It has no JSON in its field, or no entry that it is about. */
  | { readonly kind: "unreadable" };

/** 3.1.2: a call under way came to another state. They come in any order, several for each call. */
export interface CallEvent {
  readonly kind: "call";
  /** Of the whole call, however often it is passed on. */
  readonly entryId: string;
  /** The dynamic number that a visitor of the site was shown, and that was called; null for any other. */
  readonly shownNumber: string | null;
}

/** 3.1.6: a call is over. Times are Unix seconds as texts, see {@link callStart}. */
export interface CallSummary {
  readonly kind: "summary";
  readonly entryId: string;
  readonly direction: "in" | "out" | "internal" | null;
  readonly isAnswered: boolean;
  readonly createTime: string | null;
  readonly endTime: string | null;
  /** The company's number. */
  readonly line: string | null;
  /** The other side's phone, or a SIP address. */
  readonly buyer: string | null;
  /** The employee's, for mappings. */
  readonly extension: string | null;
  readonly disconnectReason: string | null;
}

const DIRECTIONS: Readonly<Record<string, CallSummary["direction"]>> = { 0: "internal", 1: "in", 2: "out" };

/** Reads a form of Mango; the signature over its field `json` was verified before. */
export function readEvent(form: unknown): MangoEvent {
  const event = jsonOf(asText(asRecord(form).json));
  if (event === null) return { kind: "unreadable" };
  const isCall = event.call_state !== undefined;
  const isSummary = event.entry_result !== undefined;
  if (!isCall && !isSummary) return { kind: "other" };
  const entryId = asText(event.entry_id);
  if (entryId === null) return { kind: "unreadable" };
  return isSummary
    ? summaryOf(event, entryId)
    : { kind: "call", entryId, shownNumber: asText(asRecord(event.dct).number) };
}

function jsonOf(text: string | null): Readonly<Record<string, unknown>> | null {
  if (text === null) return null;
  try {
    return asRecord(parseExactJson(text));
  } catch {
    return null;
  }
}

function summaryOf(event: Readonly<Record<string, unknown>>, entryId: string): CallSummary {
  const direction = DIRECTIONS[asText(event.call_direction) ?? ""] ?? null;
  const [from, to] = [asRecord(event.from), asRecord(event.to)];
  const [buyer, employee] = direction === "out" ? [to, from] : [from, to];
  return {
    kind: "summary",
    entryId,
    direction,
    isAnswered: asText(event.entry_result) === "1",
    createTime: asText(event.create_time),
    endTime: asText(event.end_time),
    line: asText(event.line_number),
    buyer: direction === "internal" ? null : asText(buyer.number),
    extension: asText(employee.extension),
    disconnectReason: asText(event.disconnect_reason),
  };
}
