import {
  emitDeals,
  isMapped,
  type Leftover,
  type RawIntake,
  RetryLater,
  type SourceContext,
} from "metrika-gateway/plugin";
import { askClientId } from "./api.ts";
import type { Config } from "./config.ts";
import { type CallEvent, type CallSummary, readEvent } from "./read-event.ts";
import { toDeal } from "./to-deal.ts";
import { createVisitors } from "./visitors.ts";

/** Takes an event: at the beginning of a call finds out whose it is, at its end makes the conversion. */
export async function handleEvent(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const event = readEvent(await intake.readForm());
  switch (event.kind) {
    case "call":
      return [await noteVisitor(source, event, intake.receivedAt)];
    case "summary":
      return takeCall(source, event, intake.receivedAt);
    case "other":
      return [otherEvent];
    case "unreadable":
      return [unreadable];
  }
}

async function noteVisitor(source: SourceContext<Config>, event: CallEvent, receivedAt: Date): Promise<Leftover> {
  const { entryId, shownNumber } = event;
  const { api } = source.config;
  if (api === undefined || shownNumber === null) return underWay(entryId);
  const visitors = createVisitors(source.state);
  if (!(await visitors.begin(entryId, receivedAt, source.now()))) return underWay(entryId);
  await visitors.remember(entryId, await askClientId(source, api, shownNumber));
  return underWay(entryId);
}

async function takeCall(
  source: SourceContext<Config>,
  summary: CallSummary,
  receivedAt: Date,
): Promise<readonly Leftover[]> {
  const visitor = await createVisitors(source.state).of(summary.entryId, source.now());
  const deal = toDeal(summary, visitor.state === "known" ? visitor.clientId : null, receivedAt);
  // Told without its visitor now, it would be refused for good.
  if (visitor.state === "asking" && isMapped(source.config, deal)) throw stillAsking();
  return emitDeals(source, source.config, [deal]);
}

const stillAsking = () =>
  new RetryLater(
    {
      ru: "Mango Office ещё не ответила, кому был показан номер этого звонка.",
      en: "Mango Office has not told yet who was shown the number of this call.",
    },
    30,
  );

const underWay = (entryId: string): Leftover => ({
  ...{ subject: `call ${entryId}`, code: "call_under_way", needs: "nothing" },
  message: {
    ru: "Звонок идёт: конверсией станет событие о его завершении (events/summary).",
    en: "The call is under way: the event of its end (events/summary) becomes the conversion.",
  },
});

const otherEvent: Leftover = {
  ...{ subject: "event", code: "other_event", needs: "nothing" },
  message: { ru: "Событие не о звонке.", en: "The event is not about a call." },
};

const unreadable: Leftover = {
  ...{ subject: "event", code: "event_unreadable", needs: "person" },
  message: {
    ru: "В поле json нет JSON или в нём нет entry_id.",
    en: "The field json has no JSON, or no entry_id in it.",
  },
};
