import * as v from "valibot";
import { readAnswer } from "./answer.ts";
import { Count, Id64, Quantity, Text } from "./fields.ts";
import type { CallOptions, MetrikaHttp } from "./http.ts";
import { type LogPartContent, type LogSink, readLogPart } from "./log-part.ts";

/** Rows of visits (fields `ym:s:…`) or of events (`ym:pv:…`). */
export type LogSource = "visits" | "hits";

/** What a status of a log means to the one who waits for it. */
export interface LogStatusMeaning {
  /** `waiting`: ask again later. `ready`: it can be downloaded. `over`: it never can, or no longer; ask for a new one. */
  readonly outcome: "waiting" | "ready" | "over";
  /** False for a status that the documents do not name: keep asking, and tell somebody. */
  readonly known: boolean;
}

// https://yandex.ru/dev/metrika/ru/logs/
const logStatuses: Readonly<Record<string, LogStatusMeaning>> = {
  created: { outcome: "waiting", known: true },
  awaiting_retry: { outcome: "waiting", known: true },
  processed: { outcome: "ready", known: true },
  canceled: { outcome: "over", known: true },
  processing_failed: { outcome: "over", known: true },
  cleaned_by_user: { outcome: "over", known: true },
  cleaned_automatically_as_too_old: { outcome: "over", known: true },
};

/** The meaning of any status that Metrika may answer; an unknown one means: keep asking. */
export function logMeaningOf(status: string): LogStatusMeaning {
  const meaning = Object.hasOwn(logStatuses, status) ? logStatuses[status] : undefined;
  return meaning ?? { outcome: "waiting", known: false };
}

// The schema says a list, live answers say a text.
const Source = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((source) => (typeof source === "string" ? source : (source[0] ?? ""))),
);

const PartAnswer = v.pipe(
  v.object({ part_number: Count, size: Quantity }),
  v.transform((part) => ({
    /** Counted from 0. */
    number: part.part_number,
    /** Bytes; null where Metrika left it out. */
    size: part.size,
  })),
);

const LogRequestAnswer = v.pipe(
  v.object({
    request_id: Id64,
    counter_id: Count,
    source: Source,
    date1: v.string(),
    date2: v.string(),
    fields: v.array(v.string()),
    status: v.string(),
    size: Quantity,
    parts: v.optional(v.nullable(v.array(PartAnswer)), null),
    attribution: Text,
  }),
  v.transform((request) => ({
    /** Digits of an int64. */
    id: request.request_id,
    counterId: request.counter_id,
    /** `visits` or `hits`. */
    source: request.source,
    date1: request.date1,
    date2: request.date2,
    /** The columns, with their prefix; every part begins with a line of them. */
    fields: request.fields,
    /** See {@link logMeaningOf}. */
    status: request.status,
    /** Bytes of all parts; null while it is being prepared. */
    size: request.size,
    /** Empty while it is being prepared. */
    parts: request.parts ?? [],
    /** `LASTSIGN` and the like. */
    attribution: request.attribution,
  })),
);
const OneLogRequestAnswer = v.object({ log_request: LogRequestAnswer });
const LogRequestsAnswer = v.object({ requests: v.optional(v.array(LogRequestAnswer), []) });
const EvaluationAnswer = v.object({
  log_request_evaluation: v.object({ possible: v.boolean(), max_possible_day_quantity: v.number() }),
});

/** A log at Metrika: asked for, being prepared, ready, or gone. */
export type LogRequest = v.InferOutput<typeof LogRequestAnswer>;

/** What is wanted of a log. */
export interface LogOptions extends CallOptions {
  readonly counterId: number;
  readonly source: LogSource;
  /** `YYYY-MM-DD` in the counter's zone, both included: at most a year, and not the current day. */
  readonly date1: string;
  readonly date2: string;
  /** With their prefix, together at most 3000 characters. */
  readonly fields: readonly string[];
  /** `LASTSIGN` and the like; a model that is spelled out in a field's name needs none. */
  readonly attribution?: string;
}

/** Which log. */
export interface OneLogOptions extends CallOptions {
  readonly counterId: number;
  readonly requestId: string;
}

/** Whether a log fits into what the counter has left of its 10 GB. */
export interface LogEvaluation {
  readonly possible: boolean;
  /** So many days of these fields would fit; may be negative. */
  readonly maxDays: number;
}

/** Asks beforehand whether a log would fit. https://yandex.ru/dev/metrika/ru/logs/openapi/evaluate */
export async function evaluateLog(http: MetrikaHttp, options: LogOptions): Promise<LogEvaluation> {
  const { call, query, folder } = asked(options);
  const path = `${folder}/logrequests/evaluate`;
  const { log_request_evaluation: told } = await http({
    ...call,
    method: "GET",
    path,
    query,
    answer: EvaluationAnswer,
  });
  return { possible: told.possible, maxDays: told.max_possible_day_quantity };
}

/**
 * Asks for a log; it is prepared behind the counter's others.
 *
 * @returns the log, or null when Metrika is preparing the very same one already: it is in the list. After a lost answer
 *   it is there as well, or was never asked for. https://yandex.ru/dev/metrika/ru/logs/openapi/createLogRequest
 */
export function createLog(http: MetrikaHttp, options: LogOptions): Promise<LogRequest | null> {
  const { call, query, folder } = asked(options);
  return http<LogRequest | null>({
    ...{ ...call, query, method: "POST", path: `${folder}/logrequests` },
    async answer(response, context) {
      const text = await readAnswer(response, context);
      if (response.status === 202 && text.raw.trim() === "") return null;
      return text.as(OneLogRequestAnswer).log_request;
    },
  });
}

/** Reads all logs of a counter, whoever asked for them. */
export async function listLogs(
  http: MetrikaHttp,
  { counterId, ...call }: CallOptions & { readonly counterId: number },
): Promise<readonly LogRequest[]> {
  const path = `${folderOf(counterId)}/logrequests`;
  return (await http({ ...call, method: "GET", path, answer: LogRequestsAnswer, area: "logs" })).requests;
}

/** Reads one log. */
export function getLog(http: MetrikaHttp, options: OneLogOptions): Promise<LogRequest> {
  return oneLog(http, "GET", "", options);
}

/** Frees the counter's room: what is cleaned can no longer be downloaded. For a log that is processed. */
export function cleanLog(http: MetrikaHttp, options: OneLogOptions): Promise<LogRequest> {
  return oneLog(http, "POST", "/clean", options);
}

/** Gives up a log that is not processed yet. */
export function cancelLog(http: MetrikaHttp, options: OneLogOptions): Promise<LogRequest> {
  return oneLog(http, "POST", "/cancel", options);
}

/** Which part, and who takes it. */
export interface DownloadPartOptions extends OneLogOptions {
  /** Counted from 0. */
  readonly part: number;
  /** The columns that the log was asked for with. */
  readonly fields: readonly string[];
  /** Bytes, where somebody knows: a part that ends short of them is broken. */
  readonly size?: number | undefined;
  readonly sink: LogSink;
}

/**
 * Downloads one part, handing it on as it arrives. A login's place is taken until the end.
 *
 * The promise rejects with `invalid_answer` and the code `metrika_log_part_broken` when the part is not whole; what the
 * sink has taken until then is to be thrown away, and the part can be downloaded again from its beginning.
 */
export function downloadLogPart(http: MetrikaHttp, options: DownloadPartOptions): Promise<LogPartContent> {
  const { counterId, requestId, part, fields, size, sink, ...call } = options;
  const path = `${folderOf(counterId)}/logrequest/${encodeURIComponent(requestId)}/part/${part}/download`;
  const expected = { fields, size, sink };
  const answer = (response: Response, context: Parameters<typeof readLogPart>[1]) =>
    readLogPart(response, context, expected);
  return http<LogPartContent>({ ...call, method: "GET", path, answer, area: "logs" });
}

async function oneLog(
  http: MetrikaHttp,
  method: "GET" | "POST",
  act: string,
  { counterId, requestId, ...call }: OneLogOptions,
): Promise<LogRequest> {
  const path = `${folderOf(counterId)}/logrequest/${encodeURIComponent(requestId)}${act}`;
  return (await http({ ...call, method, path, answer: OneLogRequestAnswer, area: "logs" })).log_request;
}

/** Everything that a log is asked for by stands in the query, for POST as well. */
function asked({ counterId, source, date1, date2, fields, attribution, ...call }: LogOptions) {
  const query = { source, date1, date2, fields: fields.join(","), attribution };
  return { call: { ...call, area: "logs" as const }, query, folder: folderOf(counterId) };
}

function folderOf(counterId: number): string {
  return `/management/v1/counter/${counterId}`;
}
