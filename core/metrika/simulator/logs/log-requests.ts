import type { LogColumns } from "./log-columns.ts";

/** https://yandex.ru/dev/metrika/ru/logs/ */
export type LogStatus =
  | "created"
  | "awaiting_retry"
  | "processed"
  | "canceled"
  | "processing_failed"
  | "cleaned_by_user"
  | "cleaned_automatically_as_too_old";

/** A piece of a log: the rows of some visitors. */
export interface LogPart {
  /** Bytes. */
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** A log that somebody has asked for. Times are Unix milliseconds. */
export interface LogRequest extends LogColumns {
  readonly id: number;
  readonly counterId: number;
  /** `YYYY-MM-DD` in the counter's zone, both included. */
  readonly date1: string;
  readonly date2: string;
  readonly createdAt: number;
  readonly processingMs: number;
  /** How long it waits for another try. */
  readonly retryMs: number;
  readonly fails: boolean;
  readonly keepMs: number;
  /** What it weighs, as reckoned beforehand. */
  readonly estimatedBytes: number;
  canceledAt: number | null;
  cleanedAt: number | null;
  /** Made when somebody looks at the processed log for the first time. */
  parts: Promise<readonly LogPart[]> | null;
  /** Known once the parts are. */
  size: number | null;
}

/** Where a log stands, and since when. */
export interface LogStanding {
  readonly status: LogStatus;
  /** When it is, was or would be processed: the rows are those known at that instant. */
  readonly processedAt: number;
}

/** The logs of all counters, each counter's in the order of asking. */
export interface LogRequests {
  add(request: Omit<LogRequest, "id" | "canceledAt" | "cleanedAt" | "parts" | "size">): LogRequest;
  of(counterId: number): readonly LogRequest[];
  /** Logs of a counter are prepared one after another; there is no timer, the standing is computed when somebody looks. */
  standingOf(request: LogRequest, now: number): LogStanding;
}

/** No logs yet. */
export function createLogRequests(): LogRequests {
  const byCounter = new Map<number, LogRequest[]>();
  let nextId = 40_000_001;

  function processedAt(request: LogRequest): number {
    let free = 0;
    for (const one of byCounter.get(request.counterId) ?? []) {
      const begun = Math.max(free, one.createdAt);
      const end = begun + one.processingMs + one.retryMs;
      if (one === request) return end;
      // Cancelled while it waited: it never took its turn.
      free = one.canceledAt === null ? end : Math.max(free, Math.min(end, one.canceledAt));
    }
    return free;
  }

  return {
    add(seed) {
      const request = { ...seed, id: nextId++, canceledAt: null, cleanedAt: null, parts: null, size: null };
      const others = byCounter.get(seed.counterId);
      if (others === undefined) byCounter.set(seed.counterId, [request]);
      else others.push(request);
      return request;
    },
    of: (counterId) => byCounter.get(counterId) ?? [],
    standingOf(request, now) {
      const end = processedAt(request);
      return { status: statusAt(request, end, now), processedAt: end };
    },
  };
}

function statusAt(request: LogRequest, end: number, now: number): LogStatus {
  if (request.canceledAt !== null) return "canceled";
  if (now < end) return request.retryMs > 0 && now >= end - request.retryMs ? "awaiting_retry" : "created";
  if (request.fails) return "processing_failed";
  if (request.cleanedAt !== null) return "cleaned_by_user";
  return now < end + request.keepMs ? "processed" : "cleaned_automatically_as_too_old";
}
