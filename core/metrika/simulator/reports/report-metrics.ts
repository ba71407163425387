import { isBounce } from "../logs/visit-fields.ts";
import type { ReportVisit } from "./report-dimensions.ts";

/** A sum that grows with each visit of a group. */
export interface Tally {
  add(line: ReportVisit): void;
  /** @param weight how many visits stand behind each that was counted: 1 unless the report is sampled. */
  value(weight: number): number | null;
}

/** Makes the tally of a metric, for one group. */
export type MetricMaker = () => Tally;

const sum = (of: (line: ReportVisit) => number): MetricMaker => {
  return () => {
    let total = 0;
    return {
      add: (line) => {
        total += of(line);
      },
      value: (weight) => total * weight,
    };
  };
};

/** Different visitors; those of one visitor come one after another, so that remembering the last one is enough. */
const visitors = (counts: (line: ReportVisit) => boolean): MetricMaker => {
  return () => {
    let total = 0;
    let last: number | string | null = null;
    return {
      add: (line) => {
        if (line.visit.visitor === last || !counts(line)) return;
        last = line.visit.visitor;
        total++;
      },
      value: (weight) => total * weight,
    };
  };
};

/** One tally over another, times a factor; null over nothing. */
const ratio = (over: MetricMaker, under: MetricMaker, factor = 1): MetricMaker => {
  return () => {
    const [a, b] = [over(), under()];
    return {
      add: (line) => {
        a.add(line);
        b.add(line);
      },
      value: () => {
        const divisor = b.value(1);
        return divisor ? ((a.value(1) ?? 0) / divisor) * factor : null;
      },
    };
  };
};

const all = () => true;
const isNew = ({ visit }: ReportVisit) => visit.visitNumber === 1;
const visits = sum(() => 1);
const pages = sum(({ visit }) => visit.pageCount);

// https://yandex.ru/dev/metrika/ru/stat/attrandmetr/dim_all
const METRICS: Readonly<Record<string, MetricMaker>> = {
  visits,
  users: visitors(all),
  newUsers: visitors(isNew),
  pageviews: pages,
  pageDepth: ratio(pages, visits),
  bounceRate: ratio(
    sum(({ visit }) => (isBounce(visit) ? 1 : 0)),
    visits,
    100,
  ),
  avgVisitDurationSeconds: ratio(
    sum(({ visit }) => visit.duration),
    visits,
  ),
  percentNewVisitors: ratio(visitors(isNew), visitors(all), 100),
  sumGoalReachesAny: sum(({ goals }) => goals().length),
};

/**
 * The maker of a metric by its name without the prefix `ym:s:`; null for one that the simulator does not know.
 *
 * @param goalId what `<goal_id>` in a name stands for: the request's parameter of that name.
 */
export function reportMetric(name: string, goalId: string | null): MetricMaker | null {
  if (Object.hasOwn(METRICS, name)) return METRICS[name] ?? null;
  const [, id = "", what = ""] = /^goal(\d+)(\w+)$/.exec(name.replace("<goal_id>", goalId ?? "")) ?? [];
  const reached = ({ goals }: ReportVisit) => goals().filter((goal) => String(goal.goalId) === id);
  const withGoal = sum((line) => (reached(line).length > 0 ? 1 : 0));
  if (what === "reaches") return sum((line) => reached(line).length);
  if (what === "visits") return withGoal;
  if (what === "users") return visitors((line) => reached(line).length > 0);
  if (what === "conversionRate") return ratio(withGoal, visits, 100);
  const currency = /^converted([A-Z]{3})Revenue$/.exec(what)?.[1];
  if (currency === undefined) return null;
  const inCurrency = (line: ReportVisit) => reached(line).filter((goal) => goal.currency === currency);
  // Rates of exchange are not played: only what was paid in the currency itself is summed.
  return sum((line) => inCurrency(line).reduce((total, goal) => total + Number(goal.price ?? 0), 0));
}
