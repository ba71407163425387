import type { HttpHandler } from "msw";
import { endpoint } from "../endpoint.ts";
import { jsonAnswer, refusal } from "../envelopes.ts";
import type { Simulation } from "../simulation.ts";
import { find } from "../strikes.ts";
import { viewCounter } from "../traffic/counter-view.ts";
import type { Counter } from "../world.ts";
import { makeReport, type Report, TooManyRows } from "./report.ts";
import { type ReportQuery, readReportQuery } from "./report-query.ts";

/** The report that was made last: its pages are asked for one after another. */
interface LastReport {
  readonly key: string;
  readonly report: Promise<Report>;
}

/** The Reports API: the table of visits. https://yandex.ru/dev/metrika/ru/stat/openapi/data */
export function reportEndpoints(simulation: Simulation): HttpHandler[] {
  let last: LastReport | null = null;
  return [
    endpoint(simulation, {
      ...{ operation: "report", method: "GET", path: "*/stat/v1/data", group: "report_read" },
      scopes: ["metrika:read"],
      counterIn: ({ searchParams }) => searchParams.get("ids") ?? searchParams.get("id"),
      async act({ exchange, faults }, counter) {
        if (counter === null) return refusal(400, "missing_parameter", "Missing parameter ids", { location: "ids" });
        const { settings } = simulation;
        // Metrika's own minute: the pages of a report fit together although visits go on meanwhile.
        const now = Math.floor((simulation.now() - settings.reportLagMs) / 60_000) * 60_000;
        const query = readReportQuery(exchange.url.searchParams, counter, simulation.now());
        if (query instanceof Response) return query;
        const share = find(faults, "sampled")?.share ?? 1;
        const view = viewCounter(simulation, counter, now);
        const versions = [simulation.visits.version, simulation.offlineGoals.version, counter.goals.length];
        const key = JSON.stringify([withoutPaging(exchange.url.searchParams), now, share, versions]);
        if (last?.key !== key) {
          last = { key, report: makeReport(query, view, { share, maxRows: settings.reportMaxRows }) };
        }
        const report = await last.report.catch((error: unknown) => {
          last = null;
          if (error instanceof TooManyRows) return null;
          throw error;
        });
        if (report === null) return refusal(400, "too_much_rows", "The report has too many rows");
        return jsonAnswer(answerOf(report, query, counter, share, (simulation.now() - now) / 1000));
      },
    }),
  ];
}

function withoutPaging(query: URLSearchParams): readonly (readonly [string, string])[] {
  return [...query].filter(([name]) => name !== "limit" && name !== "offset");
}

function answerOf(report: Report, query: ReportQuery, counter: Counter, share: number, lagSeconds: number): object {
  const { rows, totals, min, max, sampleSize, sampleSpace } = report;
  const { limit, offset, date1, date2, dimensions, metrics } = query;
  return {
    query: {
      ...{ ids: [counter.id], date1, date2, limit, offset },
      ...{ dimensions: dimensions.map(({ name }) => name), metrics: metrics.map(({ name }) => name) },
      sort: query.sort.map(({ by, isDescending }) => {
        const name = "metric" in by ? metrics[by.metric]?.name : dimensions[by.dimension]?.name;
        return `${isDescending ? "-" : ""}${name}`;
      }),
      accuracy: query.accuracy,
    },
    data: rows.slice(offset - 1, offset - 1 + limit),
    ...{ total_rows: rows.length, total_rows_rounded: false, sampled: share < 1, contains_sensitive_data: false },
    ...{ sample_share: share, sample_size: sampleSize, sample_space: sampleSpace, data_lag: Math.round(lagSeconds) },
    ...{ totals, min, max },
  };
}
