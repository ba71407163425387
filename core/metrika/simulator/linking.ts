import type { Identity, SimulatorSettings } from "./settings.ts";
import type { Visits } from "./visits.ts";

const WINDOW_MS = 21 * 24 * 3600 * 1000;

/** `unknown`: no visitor by that identifier. `stray`: the visitor is known, no visit fits. */
export type Link = "linked" | "stray" | "unknown";

/** What decides whether a conversion meets a visit. Times are milliseconds since 1970, UTC. */
export interface LinkQuestion {
  readonly identity: Identity;
  readonly conversionTime: number;
  /** When the file is processed. */
  readonly processedAt: number;
}

/**
 * Whether a conversion meets a visit: one that began no later than the conversion, of a visitor last seen no more than
 * 21 days before the file is processed. https://yandex.ru/dev/metrika/ru/management/conversion
 */
export function linkOf(question: LinkQuestion, visits: Visits, visitors: SimulatorSettings["visitors"]): Link {
  const { identity, conversionTime, processedAt } = question;
  if (visitors === "any") return "linked";
  if (typeof visitors === "function") return visitors(identity) ? "linked" : "unknown";
  if (typeof visitors === "object") return isInShare(identity.identifier, visitors.share) ? "linked" : "unknown";
  const found = visits.of(identity);
  if (found.length === 0) return "unknown";
  const latest = found
    .filter((visit) => visit.startTime <= conversionTime)
    .reduce<(typeof found)[number] | null>((a, b) => (a === null || b.startTime >= a.startTime ? b : a), null);
  if (latest === null) return "stray";
  return processedAt - visits.lastSeen(identity.counterId, latest) <= WINDOW_MS ? "linked" : "stray";
}

/** The same identifiers are in the share each time, so that a repeated run shows the same figures. */
function isInShare(identifier: string, share: number): boolean {
  return Number(BigInt(Bun.hash(identifier)) % 1_000_000n) < share * 1_000_000;
}
