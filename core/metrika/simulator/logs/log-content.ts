import type { Simulation } from "../simulation.ts";
import { addDays } from "../traffic/calendar.ts";
import { type CounterView, type Span, viewCounter } from "../traffic/counter-view.ts";
import type { VisitorRange } from "../traffic/traffic.ts";
import type { Counter } from "../world.ts";
import type { LogColumns } from "./log-columns.ts";
import { type LogLines, logLines } from "./log-lines.ts";
import type { LogPart, LogRequest } from "./log-requests.ts";

/** Days of a counter, both included: `YYYY-MM-DD` in its zone. */
export interface LogDays {
  readonly date1: string;
  readonly date2: string;
}

const SAMPLE = 200;
const VISITORS_AT_ONCE = 500;
const PIECE_CHARACTERS = 64 * 1024;

/** What a log of these columns and days would weigh at `now` (Unix milliseconds), by the rows of some of its visitors. */
export function estimateBytes(
  columns: LogColumns,
  days: LogDays,
  counter: Counter,
  simulation: Simulation,
  now: number,
): number {
  const view = viewCounter(simulation, counter, now);
  const lines = linesOf(columns);
  const span = spanOf(view, days);
  const stride = Math.max(1, Math.floor(view.visitors / SAMPLE));
  let bytes = Buffer.byteLength(headerOf(columns));
  for (let visitor = 0; visitor < Math.max(1, view.visitors); visitor += stride)
    for (const line of lines(view, span, { from: visitor, to: visitor + 1 })) bytes += stride * Buffer.byteLength(line);
  return bytes;
}

/** Takes a log apart and weighs the parts. A large one is gone through once; other requests are answered meanwhile. */
export async function partsOf(
  request: LogRequest,
  counter: Counter,
  simulation: Simulation,
  processedAt: number,
): Promise<readonly LogPart[]> {
  const { settings } = simulation;
  const view = viewCounter(simulation, counter, processedAt);
  const estimate = estimateBytes(request, request, counter, simulation, processedAt);
  const header = Buffer.byteLength(headerOf(request));
  const count = Math.max(1, Math.min(view.visitors, Math.ceil((estimate - header) / settings.logPartBytes)));
  const bound = (part: number) => Math.floor((view.visitors * part) / count);
  const ranges = Array.from({ length: count }, (_, part) => ({ from: bound(part), to: bound(part + 1) }));
  if (settings.logPartSizes === "estimated")
    return ranges.map((range) => ({ ...range, size: Math.ceil(estimate / count) }));
  const parts: LogPart[] = [];
  for (const range of ranges) {
    let size = header;
    for (const text of textsOf(request, view, range)) {
      size += Buffer.byteLength(text);
      await new Promise(setImmediate);
    }
    parts.push({ ...range, size });
  }
  const isEmpty = parts.every((part) => part.size === header);
  if (!isEmpty) return parts;
  return settings.emptyLog === "no_parts" ? [] : [{ from: 0, to: view.visitors, size: header }];
}

/** The text of a part, in pieces of about 64 KB. */
export function* partTexts(
  request: LogRequest,
  part: LogPart,
  counter: Counter,
  simulation: Simulation,
  processedAt: number,
): Generator<string, void> {
  yield headerOf(request);
  yield* textsOf(request, viewCounter(simulation, counter, processedAt), part);
}

function* textsOf(request: LogRequest, view: CounterView, { from, to }: VisitorRange): Generator<string, void> {
  const lines = linesOf(request);
  const span = spanOf(view, request);
  let text = "";
  let visitor = from;
  do {
    const end = Math.min(to, visitor + VISITORS_AT_ONCE);
    for (const line of lines(view, span, { from: visitor, to: end })) text += line;
    if (text.length >= PIECE_CHARACTERS) {
      yield text;
      text = "";
    }
    visitor = end;
  } while (visitor < to);
  if (text !== "") yield text;
}

function headerOf({ fields }: LogColumns): string {
  return `${fields.join("\t")}\n`;
}

function linesOf(columns: LogColumns): LogLines {
  const lines = logLines(columns);
  if ("unknown" in lines) throw new Error(`There is no field ${lines.unknown}`);
  return lines;
}

function spanOf({ calendar }: CounterView, { date1, date2 }: LogDays): Span {
  return { from: calendar.startOf(date1), to: calendar.startOf(addDays(date2, 1)) };
}
