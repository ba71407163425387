import {
  emitDeals,
  type Leftover,
  type Localized,
  ProblemError,
  type RawIntake,
  type SourceContext,
} from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { toDeal } from "./to-deal.ts";

/** Takes a notification of UIS. A template that makes no JSON is told to a person, with the place of its first fault. */
export async function handleNotification(
  source: SourceContext<Config>,
  intake: RawIntake,
): Promise<readonly Leftover[]> {
  const read = await readBody(intake);
  if ("reason" in read) return [templateWrong(read.reason)];
  const deal = toDeal(read.body, intake.receivedAt);
  return "reason" in deal ? [templateWrong(deal.reason)] : emitDeals(source, source.config, [deal]);
}

async function readBody(intake: RawIntake): Promise<{ readonly body: unknown } | { readonly reason: Localized }> {
  try {
    return { body: await intake.readForm() };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status >= 500) throw error;
    return { reason: notJson(error) };
  }
}

/** What stands around the fault is left out: it may be a phone. */
function notJson({ params }: ProblemError): Localized {
  const { line, column } = params;
  const isPlaced = typeof line === "number" && typeof column === "number";
  return {
    ru: `Тело уведомления — не JSON${isPlaced ? `: ошибка в строке ${line}, позиции ${column}` : ""}. UIS сама ставит кавычки вокруг значений: в шаблоне {{переменная}} стоит без кавычек, а переменных, которых у события нет, быть не должно.`,
    en: `The notification is not JSON${isPlaced ? `: the fault is in line ${line}, column ${column}` : ""}. UIS puts values into quotes itself: in the template {{variable}} stands without them, and variables that the event does not have must not be there.`,
  };
}

const templateWrong = (message: Localized): Leftover => ({
  ...{ subject: "notification", code: "template_wrong", needs: "person", message },
});
