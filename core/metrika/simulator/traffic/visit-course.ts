import { createDraw, exponential } from "./draw.ts";
import { MAX_PAGES } from "./ids.ts";
import type { PlannedVisit, Visitor } from "./visitor.ts";

/** Everything that happens in a visit, once it is over. Times are Unix seconds. */
export interface VisitCourse {
  readonly pageTimes: readonly number[];
  readonly end: number;
  /** What is bought on the last page, in hundredths of a rouble; 0: nothing. */
  readonly kopecks: number;
  /**
   * Seconds between an event and the moment when Metrika shows it grow from 0 for the first page to this for the last.
   * Most visits are shown as they happen; some go on changing for up to three days.
   */
  readonly lateness: number;
}

// "99 % of visits are final three days after they start": here all are. https://yandex.ru/dev/metrika/ru/logs/
const LONGEST = 3 * 86_400;

/** How a visit goes: a function of the seed, the visitor and the visit's number alone. */
export function courseOf(seed: number, visitor: Visitor, visit: PlannedVisit, lateShare: number): VisitCourse {
  const draw = createDraw(seed, visitor.index, 1 + visit.ordinal);
  const interest = 0.75 * visitor.propensity + 0.25 * draw();
  const buys = draw() < 0.0005 + 0.15 * visitor.propensity ** 3;
  const kopecks = buys ? 49_000 + Math.floor(exponential(draw, 350_000)) : 0;
  const wanted = 1 + Math.floor(exponential(draw, 0.4 + 6 * interest));
  const pages = Math.min(MAX_PAGES, buys ? Math.max(4, wanted) : wanted);
  const pageTimes: number[] = [];
  let time = visit.start;
  for (let page = 0; page < pages; page++) {
    pageTimes.push(time);
    time += 3 + Math.floor(exponential(draw, 10 + 70 * interest));
  }
  const isLate = draw() < lateShare;
  const lateness = isLate ? Math.floor((0.05 + 0.95 * draw()) * (LONGEST - (time - visit.start))) : 0;
  return { pageTimes, end: time, kopecks, lateness };
}

/** How many pages of a visit are shown at `now`; 0 before it begins. */
export function pagesShown({ pageTimes, lateness }: VisitCourse, now: number): number {
  const pages = pageTimes.length;
  const isShown = (time: number, page: number) => time + (lateness * page) / pages <= now;
  const hidden = pageTimes.findIndex((time, page) => !isShown(time, page));
  return hidden === -1 ? pages : hidden;
}

/** The seconds that a visit has lasted as it is shown at `now`: the stay on the last page counts once it is over. */
export function durationShown(course: VisitCourse, now: number): number {
  const { pageTimes, end, lateness } = course;
  const start = pageTimes[0] ?? end;
  if (now >= end + lateness) return end - start;
  return (pageTimes[pagesShown(course, now) - 1] ?? start) - start;
}
