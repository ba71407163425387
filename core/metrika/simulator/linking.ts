import type { Identity, SimulatorSettings } from "./settings.ts";
import type { Visit } from "./visit.ts";
import type { Visits } from "./visits.ts";

const WINDOW_MS = 21 * 24 * 3600 * 1000;

/** How a conversion meets a visit. */
export interface Link {
  /** `unknown`: no visitor by that identifier. `stray`: the visitor is known, no visit fits. */
  readonly outcome: "linked" | "stray" | "unknown";
  /** The visit it is linked to; null where the settings link it to none in particular. */
  readonly visit: Visit | null;
}

/** No visitor by that identifier. */
export const NOBODY: Link = { outcome: "unknown", visit: null };
const SOMEBODY: Link = { outcome: "linked", visit: null };
const STRAY: Link = { outcome: "stray", visit: null };

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
  if (visitors === "any") return SOMEBODY;
  if (typeof visitors === "function") return visitors(identity) ? SOMEBODY : NOBODY;
  if (typeof visitors === "object") return isInShare(identity.identifier, visitors.share) ? SOMEBODY : NOBODY;
  const found = visits.of(identity);
  if (found.length === 0) return NOBODY;
  const latest = found
    .filter((visit) => visit.startTime <= conversionTime)
    .reduce<(typeof found)[number] | null>((a, b) => (a === null || b.startTime >= a.startTime ? b : a), null);
  if (latest === null) return STRAY;
  const lastSeen = visits.lastSeen(identity.counterId, latest, processedAt);
  return processedAt - lastSeen <= WINDOW_MS ? { outcome: "linked", visit: latest } : STRAY;
}

/** The same identifiers are in the share each time, so that a repeated run shows the same figures. */
function isInShare(identifier: string, share: number): boolean {
  return Number(BigInt(Bun.hash(identifier)) % 1_000_000n) < share * 1_000_000;
}
