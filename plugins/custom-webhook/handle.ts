import {
  asText,
  ExpressionError,
  type Leftover,
  ProblemError,
  type RawIntake,
  RetryLater,
  type SourceContext,
  Unusable,
} from "metrika-gateway/plugin";
import { type Config, expressionOf } from "./config.ts";
import { type CustomFact, toFacts } from "./to-facts.ts";

/** Headers that expressions may look at. */
export const keptHeaders = ["user-agent", "webhook-id", "x-request-id", "x-event", "x-event-type"] as const;

/** Maps a request and hands its conversions to the sink, those of each counter together. */
export async function handle(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const { facts, leftovers } = toFacts(await mapped(source, intake), intake.receivedAt);
  const told = [...leftovers];
  for (const [counterId, ofCounter] of Map.groupBy(facts, (it) => it.counterId ?? source.counterId)) {
    told.push(...(await emit(source, counterId, ofCounter)));
  }
  return told;
}

async function mapped(source: SourceContext<Config>, intake: RawIntake): Promise<unknown> {
  try {
    return await source.evaluate(expressionOf(source.config), await inputOf(intake));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    if (error.code === "expressions_busy") throw new RetryLater(error.reason, null, { cause: error });
    throw new Unusable(error.code, error.reason, { cause: error });
  }
}

/** What an expression sees. */
async function inputOf(intake: RawIntake): Promise<Readonly<Record<string, unknown>>> {
  return {
    body: intake.raw().byteLength === 0 ? null : await intake.readForm(),
    query: Object.fromEntries(intake.query),
    headers: Object.fromEntries(intake.headers),
    received_at: intake.receivedAt.toISOString(),
  };
}

async function emit(
  source: SourceContext<Config>,
  counterId: number,
  facts: readonly CustomFact[],
): Promise<readonly Leftover[]> {
  try {
    await source.emit(
      facts.map(({ fact }) => fact),
      {
        keys: facts.map(({ key }) => key),
        contacts: facts.map(({ contact }) => contact),
        ...(counterId !== source.counterId && { counterId }),
      },
    );
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError) || asText(error.code) !== "counter_not_allowed") throw error;
    return facts.map(({ fact }) => notAllowed(asText(fact.purchase_id) ?? "row", counterId));
  }
}

const notAllowed = (subject: string, counterId: number): Leftover => ({
  ...{ subject, code: "counter_not_allowed", needs: "person" },
  message: {
    ru: `Счётчик ${counterId} не разрешён этому источнику. Добавьте его в options.counters источника и повторите запрос.`,
    en: `Counter ${counterId} is not among those of this source. Add it to the source's options.counters and replay the request.`,
  },
});
