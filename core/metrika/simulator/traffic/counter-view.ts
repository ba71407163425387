import type { Simulation } from "../simulation.ts";
import { settleDue } from "../uploading-endpoints.ts";
import type { Counter } from "../world.ts";
import { showAdded } from "./added-visit.ts";
import { type Calendar, createCalendar } from "./calendar.ts";
import type { ShownVisit } from "./shown-visit.ts";
import { roubles, type VisitorRange } from "./traffic.ts";

/** A goal of the counter that a visit has reached, on the site or by an uploaded conversion. */
export interface ReachedGoal {
  /** UInt64 as its digits: the event in the log of hits. */
  readonly watchId: string;
  readonly goalId: number;
  /** Unix seconds. */
  readonly time: number;
  /** A decimal number, or null. */
  readonly price: string | null;
  readonly currency: string | null;
  readonly order: string;
  readonly isOffline: boolean;
}

/** Seconds since 1970, the end left out. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What Metrika knows of a counter at an instant. */
export interface CounterView {
  readonly counter: Counter;
  /** The counter's own zone. */
  readonly calendar: Calendar;
  /** How many visitors the generated traffic has: by their numbers it is taken apart. */
  readonly visitors: number;
  /** The visits that began in the span. Those that were added one by one come with the last visitors. */
  visits(span: Span, visitors?: VisitorRange): Generator<ShownVisit, void>;
  /** In the order of their time. */
  goalsOf(visit: ShownVisit): readonly ReachedGoal[];
  /** Only the uploaded ones. */
  offlineGoalsOf(visit: ShownVisit): readonly ReachedGoal[];
  /** Whether any visit of the counter has been reached by an uploaded conversion. */
  readonly hasOfflineGoals: boolean;
}

/** A counter as it is known at `now` (Unix milliseconds), which may lie in the past. */
export function viewCounter(simulation: Simulation, counter: Counter, now: number): CounterView {
  settleDue(simulation);
  const { visits, offlineGoals } = simulation;
  const traffic = visits.trafficOf(counter.id);
  const second = Math.floor(now / 1000);
  const visitors = traffic?.visitors ?? 0;
  const goalIds = new Map(
    counter.goals.flatMap(({ id, conditions }) => conditions.map(({ url }) => [url, id] as const)),
  );

  const hasOfflineGoals = offlineGoals.has(counter.id);

  function offlineGoalsOf(visit: ShownVisit): readonly ReachedGoal[] {
    // Before the visit's id is made: that takes longer than all the rest.
    if (!hasOfflineGoals) return [];
    return offlineGoals
      .of(counter.id, visit.visitId)
      .map((goal, number) => ({ ...goal, watchId: visit.offlineWatchId(number) }))
      .filter(({ processedAt }) => processedAt <= now)
      .map(({ dateTime, ...goal }) => ({ ...goal, time: dateTime, order: "", isOffline: true }));
  }

  return {
    ...{ counter, visitors, offlineGoalsOf, hasOfflineGoals, calendar: createCalendar(counter.timeZoneName) },
    *visits(span, range = { from: 0, to: visitors }) {
      if (traffic !== null) yield* traffic.shown(span, second, range);
      if (range.to < visitors) return;
      for (const visit of visits.added(counter.id)) {
        const shown = showAdded(visit, counter.site);
        if (shown.start >= span.from && shown.start < span.to && shown.start <= second) yield shown;
      }
    },
    goalsOf(visit) {
      const onSite = visit.siteGoals.flatMap(({ identifier, kopecks, ...reached }) => {
        const goalId = goalIds.get(identifier);
        const price = kopecks === null ? null : roubles(kopecks);
        return goalId === undefined
          ? []
          : [{ ...reached, goalId, price, currency: price === null ? null : "RUB", isOffline: false }];
      });
      return [...onSite, ...offlineGoalsOf(visit)].sort((a, b) => a.time - b.time);
    },
  };
}
