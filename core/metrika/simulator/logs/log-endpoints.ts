import type { HttpHandler } from "msw";
import { type Admitted, type EndpointSpec, endpoint } from "../endpoint.ts";
import { jsonAnswer, refusal } from "../envelopes.ts";
import type { Simulation } from "../simulation.ts";
import { bytesOf, streamOf } from "../streams.ts";
import { find } from "../strikes.ts";
import { createCalendar, daysBetween } from "../traffic/calendar.ts";
import type { Counter } from "../world.ts";
import { breakPart } from "./break-part.ts";
import { estimateBytes, partsOf, partTexts } from "./log-content.ts";
import { type LogQuery, readLogQuery } from "./log-query.ts";
import type { LogPart, LogRequest, LogStanding } from "./log-requests.ts";

const FOLDER = "*/management/v1/counter/:counterId";
const WAITING: readonly string[] = ["created", "awaiting_retry"];

/** The Logs API: evaluate, create, list, one, download, clean, cancel. https://yandex.ru/dev/metrika/ru/logs/ */
export function logEndpoints(simulation: Simulation): HttpHandler[] {
  const read = { method: "GET", group: "client_read", scopes: ["metrika:read"], isLogs: true } as const;
  // Creating a log changes nothing at the counter: metrika:read is enough, and so is the right to look at it.
  const write = { ...read, method: "POST", group: "client_write" } as const;
  const one = (spec: Omit<EndpointSpec, "act">, act: ActOnLog) =>
    endpoint(simulation, { ...spec, act: (request, counter) => actOnLog(request, counter!, simulation, act) });

  return [
    endpoint(simulation, {
      ...{ ...read, operation: "log_evaluate", path: `${FOLDER}/logrequests/evaluate` },
      act({ exchange }, counter) {
        const query = queryOf(exchange.url, counter!, simulation);
        return query instanceof Response ? query : jsonAnswer(evaluate(query, counter!, simulation));
      },
    }),
    endpoint(simulation, {
      ...{ ...write, operation: "log_create", path: `${FOLDER}/logrequests` },
      act: (request, counter) => create(request, counter!, simulation),
    }),
    endpoint(simulation, {
      ...{ ...read, operation: "log_list", path: `${FOLDER}/logrequests` },
      async act(_request, counter) {
        const requests = simulation.logs.of(counter!.id).map((log) => show(log, counter!, simulation));
        return jsonAnswer({ requests: await Promise.all(requests) });
      },
    }),
    one({ ...read, operation: "log_get", path: `${FOLDER}/logrequest/:requestId` }, async (log, _standing, counter) =>
      jsonAnswer({ log_request: await show(log, counter, simulation) }),
    ),
    one(
      { ...read, operation: "log_part", path: `${FOLDER}/logrequest/:requestId/part/:part/download`, streams: true },
      (log, standing, counter, request) => download(log, standing, counter, request, simulation),
    ),
    one(
      { ...write, operation: "log_clean", path: `${FOLDER}/logrequest/:requestId/clean` },
      async (log, { status }, counter) => {
        if (status !== "processed")
          return refusal(400, "invalid_parameter", "Only log of requests in status 'processed' can be cleaned");
        log.cleanedAt = simulation.now();
        return jsonAnswer({ log_request: await show(log, counter, simulation) });
      },
    ),
    one(
      { ...write, operation: "log_cancel", path: `${FOLDER}/logrequest/:requestId/cancel` },
      async (log, { status }, counter) => {
        if (!WAITING.includes(status))
          return refusal(400, "invalid_parameter", "Only log of requests in status 'created' can be canceled");
        log.canceledAt = simulation.now();
        return jsonAnswer({ log_request: await show(log, counter, simulation) });
      },
    ),
  ];
}

type ActOnLog = (
  log: LogRequest,
  standing: LogStanding,
  counter: Counter,
  request: Admitted,
) => Promise<Response> | Response;

function actOnLog(
  request: Admitted,
  counter: Counter,
  simulation: Simulation,
  act: ActOnLog,
): Promise<Response> | Response {
  const log = simulation.logs.of(counter.id).find((one) => String(one.id) === request.params.requestId);
  if (log === undefined) return refusal(404, "not_found", "Log request is not found");
  return act(log, simulation.logs.standingOf(log, simulation.now()), counter, request);
}

function queryOf(url: URL, counter: Counter, simulation: Simulation): LogQuery | Response {
  const today = createCalendar(counter.timeZoneName).dateOf(Math.floor(simulation.now() / 1000));
  return readLogQuery(url.searchParams, today);
}

/** What the counter's prepared logs weigh, those in preparation by estimate. */
function usedBytes(counter: Counter, { logs, now }: Simulation): number {
  return logs
    .of(counter.id)
    .filter((log) => ["created", "awaiting_retry", "processed"].includes(logs.standingOf(log, now()).status))
    .reduce((sum, log) => sum + (log.size ?? log.estimatedBytes), 0);
}

function evaluate(query: LogQuery, counter: Counter, simulation: Simulation): object {
  const days = daysBetween(query.date1, query.date2);
  const bytes = estimateBytes(query, query, counter, simulation, simulation.now());
  const left = simulation.settings.logQuotaBytes - usedBytes(counter, simulation);
  const possibleDays = Math.floor((left * days) / bytes);
  return { log_request_evaluation: { possible: days <= possibleDays, max_possible_day_quantity: possibleDays } };
}

async function create({ exchange, faults }: Admitted, counter: Counter, simulation: Simulation): Promise<Response> {
  const { logs, settings } = simulation;
  const query = queryOf(exchange.url, counter, simulation);
  if (query instanceof Response) return query;
  const now = simulation.now();
  const isSame = (log: LogRequest) => JSON.stringify(queryIn(log)) === JSON.stringify(queryIn(query));
  const waits = (log: LogRequest) => WAITING.includes(logs.standingOf(log, now).status);
  if (logs.of(counter.id).some((log) => isSame(log) && waits(log))) return new Response(null, { status: 202 });
  const estimatedBytes = estimateBytes(query, query, counter, simulation, now);
  // Which answer a log beyond the quota gets is not documented.
  if (usedBytes(counter, simulation) + estimatedBytes > settings.logQuotaBytes)
    return refusal(400, "limit_exceeded", "The size of prepared logs exceeds the quota of the counter");
  const log = logs.add({
    ...query,
    ...{ counterId: counter.id, createdAt: now, estimatedBytes },
    ...{ processingMs: settings.logProcessingMs, keepMs: settings.logKeepMs },
    retryMs: find(faults, "log_retries")?.ms ?? 0,
    fails: find(faults, "log_fails") !== undefined,
  });
  return jsonAnswer({ log_request: await show(log, counter, simulation) });
}

function queryIn({ source, date1, date2, fields, attribution }: LogQuery): LogQuery {
  return { source, date1, date2, fields, attribution };
}

function weighed(log: LogRequest, counter: Counter, processedAt: number, simulation: Simulation) {
  log.parts ??= partsOf(log, counter, simulation, processedAt).then((parts) => {
    log.size = parts.reduce((sum, part) => sum + part.size, 0);
    return parts;
  });
  return log.parts;
}

/** A log in Metrika's words, as it stands now. */
async function show(log: LogRequest, counter: Counter, simulation: Simulation): Promise<object> {
  const { status, processedAt } = simulation.logs.standingOf(log, simulation.now());
  const parts = status === "processed" ? await weighed(log, counter, processedAt, simulation) : null;
  return {
    ...{ request_id: log.id, counter_id: log.counterId, date1: log.date1, date2: log.date2 },
    source: simulation.settings.logSourceShape === "list" ? [log.source] : log.source,
    ...{ fields: log.fields, status, attribution: (log.attribution ?? "LASTSIGN").toUpperCase() },
    ...(parts !== null && {
      size: log.size,
      parts: parts.map(({ size }, number) => ({ part_number: number, size })),
    }),
  };
}

async function download(
  log: LogRequest,
  { status, processedAt }: LogStanding,
  counter: Counter,
  { params, exchange, faults }: Admitted,
  simulation: Simulation,
): Promise<Response> {
  if (status !== "processed")
    return refusal(400, "invalid_parameter", "Only log of requests in status 'processed' can be downloaded");
  const parts = await weighed(log, counter, processedAt, simulation);
  const part = /^\d{1,6}$/.test(params.part ?? "") ? parts[Number(params.part)] : undefined;
  if (part === undefined) return refusal(400, "invalid_parameter", "Incorrect part number");
  return answerPart(log, part, counter, processedAt, { exchange, faults }, simulation);
}

function answerPart(
  log: LogRequest,
  part: LogPart,
  counter: Counter,
  processedAt: number,
  { exchange, faults }: Pick<Admitted, "exchange" | "faults">,
  simulation: Simulation,
): Response {
  const whole = bytesOf(partTexts(log, part, counter, simulation, processedAt));
  const fault = find(faults, "broken_part");
  const body = streamOf(fault === undefined ? whole : breakPart(whole, fault, part.size));
  const headers = { "content-type": "text/tab-separated-values; charset=utf-8" };
  const readsGzip = exchange.headers.get("accept-encoding")?.includes("gzip") ?? false;
  if (simulation.settings.logCompression === "none" || !readsGzip) return new Response(body, { headers });
  const compressed = body.pipeThrough(new CompressionStream("gzip"));
  return new Response(compressed, { headers: { ...headers, "content-encoding": "gzip" } });
}
