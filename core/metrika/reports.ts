import * as v from "valibot";
import { InexactNumber } from "../conversion/exact-json.ts";
import { Count } from "./fields.ts";
import type { CallOptions, MetrikaHttp } from "./http.ts";

/** A number of any spelling: Metrika writes doubles with digits that JavaScript would drop. */
const Decimal = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/)), v.instance(InexactNumber)]),
  v.transform((value) => Number(value.toString())),
);
const Metrics = v.array(v.nullable(Decimal));

/** A name or an id, as its text: ids of visitors exceed 2^53. */
const Name = v.optional(
  v.nullable(
    v.pipe(
      v.union([v.string(), v.number(), v.boolean(), v.instance(InexactNumber)]),
      v.transform((value) => value.toString()),
    ),
  ),
  null,
);

const ReportAnswer = v.pipe(
  v.object({
    data: v.array(v.object({ dimensions: v.array(v.object({ name: Name, id: Name })), metrics: Metrics })),
    total_rows: Count,
    total_rows_rounded: v.optional(v.nullable(v.boolean()), null),
    sampled: v.boolean(),
    contains_sensitive_data: v.optional(v.nullable(v.boolean()), null),
    sample_share: Decimal,
    sample_size: v.optional(v.nullable(Decimal), null),
    sample_space: v.optional(v.nullable(Decimal), null),
    data_lag: v.optional(v.nullable(Decimal), null),
    totals: v.optional(Metrics, []),
  }),
  v.transform((report) => ({
    /** In the order of the request's dimensions and metrics. A dimension's `name` is null where a visit has no such thing. */
    rows: report.data,
    /** Rows of the whole report, whatever the paging. */
    totalRows: report.total_rows,
    /** Whether that number is rounded; then only an empty page tells the end. */
    totalRowsRounded: report.total_rows_rounded ?? false,
    /** Whether Metrika looked at some of the visits only, whatever accuracy was asked for. */
    sampled: report.sampled || report.sample_share < 1,
    /** From 0 to 1: the share that it looked at. Counts are multiplied accordingly; rows of the others are missing. */
    sampleShare: report.sample_share,
    sampleSize: report.sample_size,
    sampleSpace: report.sample_space,
    /** Whether rows of few visitors were left out. */
    containsSensitiveData: report.contains_sensitive_data ?? false,
    /** Seconds by which the report is behind; null when Metrika does not tell. */
    dataLagSeconds: report.data_lag,
    /** Over all rows of the report, in the order of its metrics. */
    totals: report.totals,
  })),
);

/** One page of a report; sampling is told, not hidden. */
export type MetrikaReport = v.InferOutput<typeof ReportAnswer>;

/** Which report. */
export interface ReportOptions extends CallOptions {
  readonly counterId: number;
  /** At most 10, all with the prefix `ym:s:` (visits) or all with `ym:pv:` (hits). */
  readonly dimensions: readonly string[];
  /** At most 20. */
  readonly metrics: readonly string[];
  /** `YYYY-MM-DD`, `today`, `yesterday` or `NdaysAgo`, in {@link timezone}; both days are included. */
  readonly date1: string;
  readonly date2: string;
  /** https://yandex.ru/dev/metrika/ru/stat/openapi/data */
  readonly filters?: string;
  /** Names with a minus before those that descend. Rows that it leaves equal have no order that pages could rely on. */
  readonly sort?: readonly string[];
  /** Rows in one answer, at most 100000. Default: 100. */
  readonly limit?: number;
  /** Position of the first row, counted from **1**. Default 1. */
  readonly offset?: number;
  /** Share of the visits to look at. Default `full`: a report that was sampled all the same says so. */
  readonly accuracy?: "low" | "medium" | "high" | "full";
  /** `+03:00`. Default: the counter's own zone. Times within the report stand in it and do not name it. */
  readonly timezone?: string;
  readonly includeUndefined?: boolean;
}

/**
 * Reads one page of a report. Unlike logs it covers the current day. https://yandex.ru/dev/metrika/ru/stat/openapi/data
 *
 * A query that is too complicated for the moment is told as `unavailable`, a used-up quota of reports as `throttled` and
 * freed in five minutes.
 */
export function getReport(http: MetrikaHttp, options: ReportOptions): Promise<MetrikaReport> {
  const { counterId, dimensions, metrics, sort, includeUndefined, accuracy = "full", ...rest } = options;
  const { date1, date2, filters, limit, offset, timezone, ...call } = rest;
  const query = {
    ...{ ids: counterId, metrics: metrics.join(","), date1, date2, filters, limit, offset, timezone, accuracy },
    dimensions: dimensions.length === 0 ? undefined : dimensions.join(","),
    sort: sort?.join(","),
    include_undefined: includeUndefined === undefined ? undefined : String(includeUndefined),
  };
  return http({ ...call, method: "GET", path: "/stat/v1/data", query, answer: ReportAnswer, area: "reports" });
}

/**
 * Reads a report page after page, each with one request. Give it a `sort` that leaves no two rows equal, for example by
 * ClientID and time: else rows may move from one page to another meanwhile.
 *
 * @param options.limit rows on a page. Default: 100000, the most that Metrika gives.
 */
export async function* reportPages(http: MetrikaHttp, options: ReportOptions): AsyncGenerator<MetrikaReport, void> {
  const { limit = 100_000 } = options;
  for (let offset = options.offset ?? 1; ; offset += limit) {
    const page = await getReport(http, { ...options, limit, offset });
    yield page;
    const isLast = page.totalRowsRounded ? page.rows.length < limit : offset + limit > page.totalRows;
    if (isLast || page.rows.length === 0) return;
  }
}
