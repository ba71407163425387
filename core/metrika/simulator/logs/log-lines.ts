import type { CounterView, Span } from "../traffic/counter-view.ts";
import type { VisitorRange } from "../traffic/traffic.ts";
import { type HitLine, hitField } from "./hit-fields.ts";
import { type LogColumns, logSources } from "./log-columns.ts";
import { visitField } from "./visit-fields.ts";

/** Makes the rows of a log for some of the visitors, each with a line feed at its end. */
export type LogLines = (view: CounterView, span: Span, visitors?: VisitorRange) => Generator<string, void>;

/** The rows of a log, or the first name among its fields that the source does not have. */
export function logLines({ source, fields, attribution }: LogColumns): LogLines | { readonly unknown: string } {
  const prefix = logSources[source];
  const nameOf = (field: string) => (field.startsWith(prefix) ? field.slice(prefix.length) : "");
  if (source === "visits") {
    const writers = fields.map((field) => visitField(nameOf(field), attribution));
    const known = writers.filter((writer) => writer !== null);
    return known.length < fields.length ? firstUnknown(fields, writers) : visitLines(known);
  }
  const writers = fields.map((field) => hitField(nameOf(field)));
  const known = writers.filter((writer) => writer !== null);
  return known.length < fields.length ? firstUnknown(fields, writers) : hitLines(known);
}

function firstUnknown(fields: readonly string[], writers: readonly unknown[]): { readonly unknown: string } {
  return { unknown: fields[writers.indexOf(null)] ?? "" };
}

function visitLines(writers: readonly NonNullable<ReturnType<typeof visitField>>[]): LogLines {
  return function* (view, span, visitors) {
    const { calendar, counter } = view;
    for (const visit of view.visits(span, visitors)) {
      let goals: ReturnType<typeof view.goalsOf> | null = null;
      const line = {
        ...{ counterId: counter.id, calendar, visit },
        goals: () => {
          goals ??= view.goalsOf(visit);
          return goals;
        },
      };
      yield `${writers.map((write) => write(line)).join("\t")}\n`;
    }
  };
}

// Events come up to 48 hours after the beginning of their visit, and visits that change late up to three days after it.
const LONGEST_VISIT = 3 * 86_400;

function hitLines(writers: readonly NonNullable<ReturnType<typeof hitField>>[]): LogLines {
  return function* (view, span, visitors) {
    // An uploaded conversion is an event of its own day in a visit that may be weeks older.
    const earliest = span.from - LONGEST_VISIT;
    for (const visit of view.visits({ from: view.hasOfflineGoals ? 0 : earliest, to: span.to }, visitors)) {
      if (visit.start < earliest && view.offlineGoalsOf(visit).length === 0) continue;
      for (const hit of hitsOf(view, visit))
        if (hit.time >= span.from && hit.time < span.to) yield `${writers.map((write) => write(hit)).join("\t")}\n`;
    }
  };
}

function hitsOf(view: CounterView, visit: HitLine["visit"]): readonly HitLine[] {
  const common = { counterId: view.counter.id, calendar: view.calendar, visit };
  const { pages, watchIds } = visit;
  const views = pages.map((page, at) => ({
    ...{ ...common, ...page, watchId: watchIds[at] ?? "" },
    ...{ isPageView: true, goalIds: [] },
  }));
  const goals = view.goalsOf(visit).map(({ watchId, goalId, time }) => {
    const { url = "", title = "", referer = "" } = pages.findLast((page) => page.time <= time) ?? pages[0] ?? {};
    return { ...common, ...{ watchId, time, url, title, referer }, isPageView: false, goalIds: [goalId] };
  });
  return [...views, ...goals].sort((a, b) => a.time - b.time);
}
