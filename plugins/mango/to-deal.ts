import type { Deal, DealField } from "metrika-gateway/plugin";
import type { CallSummary } from "./read-event.ts";

const UNIX_SECONDS = /^\d{9,10}$/;
const PHONE = /^\+?\d{5,15}$/;
const HOUR = 3600;

/**
 * A call that is over, as a deal.
 * @param clientId of the visitor whose number was called; null where nobody knows
 */
export function toDeal(summary: CallSummary, clientId: string | null, receivedAt: Date): Deal {
  const { buyer, direction, entryId, isAnswered } = summary;
  return {
    account: "mango",
    kind: "call",
    id: entryId,
    pipeline: direction === null ? [] : [direction],
    stage: ["call", isAnswered ? "answered" : "missed"],
    happenedAt: callStart(summary, receivedAt),
    price: null,
    currency: null,
    fields: [
      ...field("ya_cid", clientId),
      ...field("line_number", summary.line),
      ...field("extension", summary.extension),
      ...field("disconnect_reason", summary.disconnectReason),
    ],
    contact: { phones: buyer !== null && PHONE.test(buyer) ? [buyer] : [], emails: [] },
  };
}

/**
 * When a call began. Mango documents its times as UTC+3, and Unix time has no zone: should they be seconds of Moscow's clock, a call
 * would end hours after its end was told, and they are set back by three.
 */
export function callStart(
  { createTime, endTime }: Pick<CallSummary, "createTime" | "endTime">,
  receivedAt: Date,
): string | number {
  if (createTime === null) return receivedAt.toISOString();
  if (!UNIX_SECONDS.test(createTime)) return createTime;
  const [start, end] = [createTime, endTime ?? createTime].map(Number) as [number, number];
  const isMoscowClock = end - receivedAt.getTime() / 1000 > 2 * HOUR;
  return isMoscowClock ? start - 3 * HOUR : start;
}

const field = (code: string, value: string | null): readonly DealField[] =>
  value === null ? [] : [{ id: null, code, name: null, values: [value] }];
