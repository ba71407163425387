import { ProblemError } from "../problem.ts";
import type { Leftover } from "../raw-intake.ts";
import type { SourceContext } from "../source-context.ts";
import type { Deal } from "./deal.ts";
import { counterNotAllowed } from "./leftovers.ts";
import { type MappedDeal, mapDeal } from "./map-deal.ts";
import type { DealMapping } from "./mapping.ts";

type Facts = MappedDeal["facts"];

const MOST_AT_ONCE = 1000;
const NOT_ALLOWED: string = "counter_not_allowed";

/**
 * Maps deals and hands their conversions to the sink, those of each counter together, in the order of the deals. When it resolves, the
 * accepted ones are on disk.
 * @returns the deals that became no conversion; rows that the sink refuses are told by the sink
 * @throws {ProblemError} as `SourceContext.emit` does, except for a counter that is not the source's: that is a leftover
 */
export async function emitDeals(
  source: Pick<SourceContext<unknown>, "emit" | "counterId">,
  mapping: DealMapping,
  deals: readonly Deal[],
): Promise<readonly Leftover[]> {
  const mapped = deals.map((deal) => mapDeal(mapping, deal));
  const leftovers = mapped.flatMap((it) => it.leftovers);
  const byCounter = Map.groupBy(
    mapped.flatMap((it) => it.facts),
    ({ counterId }) => counterId ?? source.counterId,
  );
  for (const [counterId, facts] of byCounter) {
    for (let from = 0; from < facts.length; from += MOST_AT_ONCE) {
      leftovers.push(...(await emitFacts(source, counterId, facts.slice(from, from + MOST_AT_ONCE))));
    }
  }
  return leftovers;
}

async function emitFacts(
  source: Pick<SourceContext<unknown>, "emit" | "counterId">,
  counterId: number,
  facts: Facts,
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
    if (!(error instanceof ProblemError) || error.code !== NOT_ALLOWED) throw error;
    return [...new Set(facts.map(({ subject }) => subject))].map((subject) => counterNotAllowed(subject, counterId));
  }
}
