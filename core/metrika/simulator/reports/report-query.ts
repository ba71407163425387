import { refusal } from "../envelopes.ts";
import { modelOf } from "../traffic/attribution.ts";
import { addDays, type Calendar, createCalendar } from "../traffic/calendar.ts";
import type { Counter } from "../world.ts";
import { type ReadDimension, reportDimension } from "./report-dimensions.ts";
import { readFilters, type VisitFilter } from "./report-filters.ts";
import { type MetricMaker, reportMetric } from "./report-metrics.ts";

/** A column that rows are sorted by. */
export interface SortKey {
  readonly by: { readonly dimension: number } | { readonly metric: number };
  readonly isDescending: boolean;
}

/** A report that has been understood. */
export interface ReportQuery {
  readonly dimensions: readonly { readonly name: string; readonly read: ReadDimension }[];
  readonly metrics: readonly { readonly name: string; readonly make: MetricMaker }[];
  readonly date1: string;
  readonly date2: string;
  readonly filter: VisitFilter;
  readonly sort: readonly SortKey[];
  readonly limit: number;
  /** Counted from 1. */
  readonly offset: number;
  readonly accuracy: string;
  readonly includeUndefined: boolean;
  readonly calendar: Calendar;
}

const MAX_DIMENSIONS = 10;
const MAX_METRICS = 20;
const MAX_LIMIT = 100_000;
const MAX_FILTERS_LENGTH = 10_000;

/** Reads the query of a report, or tells why Metrika would refuse it. https://yandex.ru/dev/metrika/ru/stat/openapi/data */
export function readReportQuery(query: URLSearchParams, counter: Counter, now: number): ReportQuery | Response {
  const attribution = query.get("attribution");
  if (attribution !== null && modelOf(attribution) === null) return wrong("attribution", "Wrong attribution");
  const dimensions = (query.get("dimensions") ?? "").split(",").filter((name) => name !== "");
  const metrics = (query.get("metrics") ?? "").split(",").filter((name) => name !== "");
  if (metrics.length === 0)
    return refusal(400, "missing_parameter", "Missing parameter metrics", { location: "metrics" });
  if (dimensions.length > MAX_DIMENSIONS) return wrong("dimensions", `More than ${MAX_DIMENSIONS} dimensions`);
  if (metrics.length > MAX_METRICS) return wrong("metrics", `More than ${MAX_METRICS} metrics`);
  const read = dimensions.map((name) => ({ name, read: reportDimension(unprefixed(name), attribution) }));
  const made = metrics.map((name) => ({ name, make: reportMetric(unprefixed(name), query.get("goal_id")) }));
  const unknownDimension = read.find((one) => one.read === null);
  if (unknownDimension) return wrong("dimensions", `Unknown dimension ${unknownDimension.name}`);
  const unknownMetric = made.find((one) => one.make === null);
  if (unknownMetric) return wrong("metrics", `Unknown metric ${unknownMetric.name}`);

  const calendar = calendarOf(query.get("timezone"), counter.timeZoneName);
  if (calendar === null) return wrong("timezone", "Wrong timezone");
  const today = calendar.dateOf(Math.floor(now / 1000));
  const date1 = dayOf(query.get("date1") ?? "6daysAgo", today);
  const date2 = dayOf(query.get("date2") ?? "today", today);
  if (date1 === null) return wrong("date1", "Wrong date");
  if (date2 === null || date2 < date1) return wrong("date2", "Wrong date");

  const filters = query.get("filters") ?? "";
  if (filters.length > MAX_FILTERS_LENGTH) return refusal(400, "filter_limits", "The filter is too long");
  const filter = filters === "" ? () => true : readFilters(filters, attribution);
  if (typeof filter === "string") return wrong("filters", filter);
  const sort = sortOf(query.get("sort") ?? metrics.map((name) => `-${name}`).join(","), dimensions, metrics);
  if (typeof sort === "string") return wrong("sort", sort);
  const limit = wholeNumber(query.get("limit"), 100);
  if (limit === null || limit > MAX_LIMIT) return wrong("limit", "Wrong limit");
  const offset = wholeNumber(query.get("offset"), 1);
  if (offset === null) return wrong("offset", "Wrong offset");
  const accuracy = query.get("accuracy") ?? "medium";
  if (!/^(low|medium|high|full|1|0(\.\d+)?)$/.test(accuracy)) return wrong("accuracy", "Wrong accuracy");
  return {
    dimensions: read.flatMap(({ name, read }) => (read === null ? [] : [{ name, read }])),
    metrics: made.flatMap(({ name, make }) => (make === null ? [] : [{ name, make }])),
    ...{ date1, date2, filter, sort, limit, offset, accuracy, calendar },
    includeUndefined: query.get("include_undefined") === "true",
  };
}

function wrong(location: string, message: string): Response {
  return refusal(400, "invalid_parameter", message, { location });
}

/** Names of visits only: the simulator has no reports on hits. */
function unprefixed(name: string): string {
  return name.startsWith("ym:s:") ? name.slice("ym:s:".length) : "";
}

function calendarOf(timezone: string | null, ofCounter: string): Calendar | null {
  if (timezone === null) return createCalendar(ofCounter);
  return /^[+-]\d{2}:\d{2}$/.test(timezone) ? createCalendar(timezone) : null;
}

/** A day by its date, or relative to today. */
function dayOf(text: string, today: string): string | null {
  const ago = text === "today" ? "0" : text === "yesterday" ? "1" : /^(\d{1,4})daysAgo$/.exec(text)?.[1];
  if (ago !== undefined) return addDays(today, -Number(ago));
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  try {
    return Temporal.PlainDate.from(text, { overflow: "reject" }).toString();
  } catch {
    return null;
  }
}

function sortOf(text: string, dimensions: readonly string[], metrics: readonly string[]): readonly SortKey[] | string {
  const keys: SortKey[] = [];
  for (const key of text.split(",")) {
    const isDescending = key.startsWith("-");
    const name = isDescending ? key.slice(1) : key;
    const [dimension, metric] = [dimensions.indexOf(name), metrics.indexOf(name)];
    if (dimension === -1 && metric === -1) return `Sorting by ${name}, which is not in the report`;
    keys.push({ by: dimension === -1 ? { metric } : { dimension }, isDescending });
  }
  return keys;
}

function wholeNumber(text: string | null, missing: number): number | null {
  if (text === null) return missing;
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}
