import { addDays } from "../traffic/calendar.ts";
import type { CounterView } from "../traffic/counter-view.ts";
import type { DimensionValue } from "./report-dimensions.ts";
import type { Tally } from "./report-metrics.ts";
import type { ReportQuery, SortKey } from "./report-query.ts";

/** One row: a group of visits. */
export interface ReportRow {
  readonly dimensions: readonly DimensionValue[];
  readonly metrics: readonly (number | null)[];
}

/** All rows of a report, of which an answer shows one page. */
export interface Report {
  readonly rows: readonly ReportRow[];
  readonly totals: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  /** Visits that were looked at, and visits there are. */
  readonly sampleSize: number;
  readonly sampleSpace: number;
}

/** The report has more rows than Metrika gives out. */
export class TooManyRows extends Error {}

const VISITORS_AT_ONCE = 2000;

/**
 * Groups the visits of a report. Other requests are answered meanwhile.
 *
 * @param share from 0 to 1: visitors that are looked at; what is counted is multiplied accordingly.
 * @throws {@link TooManyRows}
 */
export async function makeReport(
  query: ReportQuery,
  view: CounterView,
  { share, maxRows }: { readonly share: number; readonly maxRows: number },
): Promise<Report> {
  const { calendar, dimensions, metrics } = query;
  const span = { from: calendar.startOf(query.date1), to: calendar.startOf(addDays(query.date2, 1)) };
  const groups = new Map<
    string,
    { readonly dimensions: readonly DimensionValue[]; readonly tallies: readonly Tally[] }
  >();
  const totals = metrics.map(({ make }) => make());
  let sampleSize = 0;

  const looked = Math.round(view.visitors * share);
  let visitor = 0;
  do {
    const end = Math.min(looked, visitor + VISITORS_AT_ONCE);
    // Those that were added one by one are few and come last, whatever the share.
    const isLast = end === looked;
    const ranges = [
      { from: visitor, to: end },
      ...(isLast && share < 1 ? [{ from: view.visitors, to: view.visitors }] : []),
    ];
    for (const range of ranges) for (const visit of view.visits(span, range)) add(visit);
    visitor = end;
    await new Promise(setImmediate);
  } while (visitor < looked);

  function add(visit: Parameters<CounterView["goalsOf"]>[0]): void {
    const line = { visit, calendar, goals: () => view.goalsOf(visit) };
    if (!query.filter(line)) return;
    const values = dimensions.map(({ read }) => read(line));
    if (!query.includeUndefined && values.some(({ name }) => name === null)) return;
    sampleSize++;
    for (const total of totals) total.add(line);
    const key = values.map(({ name, id }) => `${id ?? ""} ${name}`).join("\0");
    let group = groups.get(key);
    if (group === undefined) {
      if (groups.size >= maxRows) throw new TooManyRows();
      group = { dimensions: values, tallies: metrics.map(({ make }) => make()) };
      groups.set(key, group);
    }
    for (const tally of group.tallies) tally.add(line);
  }

  const weight = 1 / share;
  const valuesOf = (tallies: readonly Tally[]) => tallies.map((tally) => tally.value(weight));
  const rows = [...groups.values()].map(({ dimensions: values, tallies }) => ({
    dimensions: values,
    metrics: valuesOf(tallies),
  }));
  rows.sort(byKeys(query.sort));
  return {
    ...{ rows, totals: valuesOf(totals), sampleSize, sampleSpace: Math.round(sampleSize * weight) },
    min: extremes(rows, metrics.length, (a, b) => a < b),
    max: extremes(rows, metrics.length, (a, b) => a > b),
  };
}

/** Rows that the keys leave equal follow their dimensions: a page must not depend on the page before. */
function byKeys(keys: readonly SortKey[]): (a: ReportRow, b: ReportRow) => number {
  return (a, b) => {
    for (const { by, isDescending } of keys) {
      const order = "metric" in by ? compareMetrics(a, b, by.metric) : compareNames(a, b, by.dimension);
      if (order !== 0) return isDescending ? -order : order;
    }
    for (const index of a.dimensions.keys()) {
      const order = compareNames(a, b, index);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareMetrics(a: ReportRow, b: ReportRow, index: number): number {
  return (a.metrics[index] ?? 0) - (b.metrics[index] ?? 0);
}

function compareNames(a: ReportRow, b: ReportRow, index: number): number {
  const [left, right] = [a.dimensions[index]?.name ?? "", b.dimensions[index]?.name ?? ""];
  return left < right ? -1 : left > right ? 1 : 0;
}

function extremes(
  rows: readonly ReportRow[],
  count: number,
  isBetter: (a: number, b: number) => boolean,
): readonly (number | null)[] {
  return Array.from({ length: count }, (_, index) => {
    let best: number | null = null;
    for (const { metrics } of rows) {
      const value = metrics[index] ?? null;
      if (value !== null && (best === null || isBetter(value, best))) best = value;
    }
    return best;
  });
}
