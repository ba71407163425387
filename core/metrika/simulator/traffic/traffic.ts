import type { Identity } from "../settings.ts";
import type { Visit } from "../visit.ts";
import { addDays, createCalendar } from "./calendar.ts";
import { seedOf } from "./draw.ts";
import { GeneratedVisit, type Site } from "./generated-visit.ts";
import { createIds, MAX_VISITORS, type VisitPlace } from "./ids.ts";
import type { ShownVisit } from "./shown-visit.ts";
import { courseOf } from "./visit-course.ts";
import { type PlannedVisit, type Visitor, type VisitorPlan, visitorAt } from "./visitor.ts";

/** What a counter's traffic is made of. */
export interface TrafficSeed {
  readonly counterId: number;
  /** How many people come in all; in 30 days each comes 1.6 times on the average. */
  readonly visitors: number;
  readonly days: number;
  /** The same seed gives the same traffic. */
  readonly seed: number | string;
  /** `YYYY-MM-DD` in the counter's zone. Default: the last day is today. Days to come show when the clock gets there. */
  readonly firstDay?: string | undefined;
  /** Identifiers of the goals that are reached on the site. Default: those of the counter's goals, at the time of looking. */
  readonly goals?: readonly string[] | undefined;
  /** The goal that a purchase on the site reaches. Default: `purchase`. */
  readonly purchaseGoal?: string | undefined;
  /** From 0 to 1: visitors whose browser keeps no ClientID. Default 0.03. */
  readonly withoutClientId?: number | undefined;
  /** From 0 to 1: visits that go on changing for up to three days. Default 0.12. */
  readonly lateShare?: number | undefined;
}

/** What the simulator knows of a visitor and Metrika does not. */
export interface VisitorTruth {
  /** From 0 to 1: depth, time, returns and purchases follow from it. */
  readonly propensity: number;
  /** All visits of the period, those to come included. Unix milliseconds. */
  readonly visits: readonly { readonly visitId: string; readonly startTime: number }[];
  /** Everything bought on the site in the period. Unix milliseconds; a decimal number of roubles. */
  readonly purchases: readonly { readonly visitId: string; readonly time: number; readonly revenue: string }[];
}

/** Visitors by their numbers, the last one left out. */
export interface VisitorRange {
  readonly from: number;
  readonly to: number;
}

/** The generated visits of a counter. Nothing of them is kept: each is made anew when it is looked at. */
export interface Traffic {
  readonly counterId: number;
  readonly visitors: number;
  /**
   * The visits that began in a span of time, as they are known at `now`, visitor by visitor. Unix seconds; the span's end
   * is left out. Any part of ten million visits costs what its visitors cost.
   */
  shown(
    span: { readonly from: number; readonly to: number },
    now: number,
    visitors?: VisitorRange,
  ): Generator<ShownVisit, void>;
  /** The visits an identifier leads to, for linking. */
  of(identity: Identity): readonly Visit[];
  /** The hidden truth about whoever made a visit; null when no visitor of this traffic did. */
  truthOf(visit: { readonly visitId: string } | { readonly clientId: string }): VisitorTruth | null;
}

/** What a traffic takes from the counter. */
export interface TrafficPlace {
  readonly timeZoneName: string;
  readonly site: string;
  /** Identifiers of the counter's goals now. */
  readonly goals: () => readonly string[];
  /** Unix milliseconds. */
  readonly now: number;
}

/** Makes a counter's traffic: a pure function of the seed, seen at an instant. */
export function createTraffic(wanted: TrafficSeed, place: TrafficPlace): Traffic {
  const { counterId, visitors, days, withoutClientId = 0.03, lateShare = 0.12 } = wanted;
  if (!Number.isInteger(visitors) || visitors < 0 || visitors > MAX_VISITORS)
    throw new Error(`visitors is ${visitors}, expected a whole number up to ${MAX_VISITORS}`);
  if (!Number.isInteger(days) || days < 1) throw new Error(`days is ${days}, expected a whole number from 1`);
  const seed = seedOf(wanted.seed);
  const ids = createIds(seed);
  const calendar = createCalendar(place.timeZoneName);
  const firstDay = wanted.firstDay ?? addDays(calendar.dateOf(place.now / 1000), 1 - days);
  const dates = Array.from({ length: days + 1 }, (_, day) => addDays(firstDay, day));
  const saturdays = new Set(dates.keys().filter((day) => Temporal.PlainDate.from(dates[day] ?? "").dayOfWeek === 6));
  const plan: VisitorPlan = { seed, dayStarts: dates.map(calendar.startOf), saturdays, withoutClientId };
  const site: Site = {
    ...{ seed, ids, address: `https://${place.site}`, purchaseGoal: wanted.purchaseGoal ?? "purchase" },
    get goals() {
      return wanted.goals ?? place.goals();
    },
  };

  const at = (index: number | null): Visitor | null =>
    index === null || index < 0 || index >= visitors ? null : visitorAt(index, plan);
  const showAt = (visitor: Visitor, visit: PlannedVisit, now: number) =>
    new GeneratedVisit(site, visitor, visit, courseOf(seed, visitor, visit, lateShare), now);
  const whole = (visitor: Visitor, visit: PlannedVisit) => showAt(visitor, visit, Number.POSITIVE_INFINITY);

  function* shown(
    span: { readonly from: number; readonly to: number },
    now: number,
    range: VisitorRange = { from: 0, to: visitors },
  ): Generator<ShownVisit, void> {
    const until = Math.min(span.to, now + 1);
    for (let index = range.from; index < range.to; index++) {
      const visitor = visitorAt(index, plan);
      for (const visit of visitor.visits)
        if (visit.start >= span.from && visit.start < until) yield showAt(visitor, visit, now);
    }
  }

  function ownerOf(clientId: string): Visitor | null {
    const visitor = at(ids.visitorOfClient(clientId));
    const isOurs = visitor?.hasClientId && ids.clientId(visitor.index, visitor.firstSeen) === clientId;
    return isOurs ? visitor : null;
  }

  function visitAt(found: VisitPlace | null): { visitor: Visitor; visit: PlannedVisit } | null {
    const visitor = at(found?.index ?? null);
    const visit = visitor?.visits[found?.ordinal ?? -1];
    return visitor && visit ? { visitor, visit } : null;
  }

  function linkable(visitor: Visitor, visit: PlannedVisit): Visit {
    const generated = whole(visitor, visit);
    return {
      visitId: generated.visitId,
      clientId: generated.clientId ?? undefined,
      userId: generated.userId ?? undefined,
      yclid: generated.yclid ?? undefined,
      purchaseIds: generated.purchases.map((purchase) => purchase.id),
      startTime: generated.start * 1000,
      endTime: (generated.start + generated.duration) * 1000,
    };
  }

  function of({ kind, identifier }: Identity): readonly Visit[] {
    if (kind === "client_id" || kind === "user_id") {
      const visitor = kind === "client_id" ? ownerOf(identifier) : at(ids.visitorOfUser(identifier));
      if (visitor === null || (kind === "user_id" && !visitor.hasUserId)) return [];
      return visitor.visits.map((visit) => linkable(visitor, visit));
    }
    const found = visitAt(kind === "yclid" ? ids.placeOfYclid(identifier) : ids.placeOfPurchase(identifier));
    if (found === null) return [];
    const visit = linkable(found.visitor, found.visit);
    const fits = kind === "yclid" ? visit.yclid === identifier : visit.purchaseIds?.includes(identifier);
    return fits ? [visit] : [];
  }

  return {
    ...{ counterId, visitors, shown, of },
    truthOf(visit) {
      // By the visit's id where there is one: a visit may have no ClientID.
      const found = "visitId" in visit ? ids.placeOfVisit(visit.visitId) : null;
      const visitor = "visitId" in visit ? (visitAt(found)?.visitor ?? null) : ownerOf(visit.clientId);
      if (visitor === null) return null;
      const visits = visitor.visits.map((one) => whole(visitor, one));
      return {
        propensity: visitor.propensity,
        visits: visits.map(({ visitId, start }) => ({ visitId, startTime: start * 1000 })),
        purchases: visits.flatMap(({ visitId, purchases, pages }) =>
          purchases.map(({ kopecks }) => ({
            visitId,
            time: (pages.at(-1)?.time ?? 0) * 1000,
            revenue: roubles(kopecks),
          })),
        ),
      };
    },
  };
}

/** A decimal number of roubles. */
export function roubles(kopecks: number): string {
  return `${Math.floor(kopecks / 100)}.${String(kopecks % 100).padStart(2, "0")}`;
}
