import { type Clock, systemClock } from "./clock.ts";
import { createCounter, getCounter, listCounters } from "./counters.ts";
import { createGoal, listGoals } from "./goals.ts";
import { type BeforeRequest, createMetrikaHttp, type Fetch, type MetrikaHttp } from "./http.ts";
import { downloadLog } from "./log-download.ts";
import { getLogin } from "./login.ts";
import { cancelLog, cleanLog, createLog, downloadLogPart, evaluateLog, getLog, listLogs } from "./logs.ts";
import { getUploading, listUploadings, uploadConversions } from "./offline-conversions.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { getReport, reportPages } from "./reports.ts";

/** The settings of {@link createMetrikaClient}. */
export interface MetrikaClientOptions {
  /** `https://api-metrika.yandex.net`, or another double of it. */
  readonly apiUrl: string;
  /** `https://login.yandex.ru`, or another double of it. */
  readonly loginUrl: string;
  readonly fetch: Fetch;
  readonly userAgent?: string;
  /** Milliseconds without a byte moving before a request is given up. Default 30000. */
  readonly timeoutMs?: number;
  /** Shared by everything in this process that talks to Metrika. Requests to the login host are not counted. */
  readonly limiter?: RateLimiter;
  /** Sees every request to Metrika's API before it goes out; those to the login host are in no quota. */
  readonly beforeRequest?: BeforeRequest;
  readonly clock?: Clock;
  /** A fresh multipart boundary. Default: random. */
  readonly boundary?: () => string;
}

type Bound<Call extends (http: MetrikaHttp, options: never) => unknown> = (
  options: Parameters<Call>[1],
) => ReturnType<Call>;

/** Metrika's API, call by call. Every call takes `{ token, loginKey?, signal? }` and rejects only with `MetrikaError`. Only `logs.download` repeats a request by itself. */
export interface MetrikaClient {
  readonly counters: {
    readonly list: Bound<typeof listCounters>;
    readonly get: Bound<typeof getCounter>;
    readonly create: Bound<typeof createCounter>;
  };
  readonly goals: { readonly list: Bound<typeof listGoals>; readonly create: Bound<typeof createGoal> };
  readonly uploadings: {
    readonly upload: (options: Parameters<typeof uploadConversions>[1]) => ReturnType<typeof uploadConversions>;
    readonly list: Bound<typeof listUploadings>;
    readonly get: Bound<typeof getUploading>;
  };
  readonly reports: { readonly get: Bound<typeof getReport>; readonly pages: Bound<typeof reportPages> };
  readonly logs: {
    readonly evaluate: Bound<typeof evaluateLog>;
    readonly create: Bound<typeof createLog>;
    readonly list: Bound<typeof listLogs>;
    readonly get: Bound<typeof getLog>;
    readonly downloadPart: Bound<typeof downloadLogPart>;
    readonly download: (options: Parameters<typeof downloadLog>[1]) => ReturnType<typeof downloadLog>;
    readonly clean: Bound<typeof cleanLog>;
    readonly cancel: Bound<typeof cancelLog>;
  };
  readonly login: { readonly get: Bound<typeof getLogin> };
}

/** Makes a client; it holds no connection and no timer while no call is on the way. */
export function createMetrikaClient(options: MetrikaClientOptions): MetrikaClient {
  const { apiUrl, loginUrl, limiter, beforeRequest, boundary = randomBoundary } = options;
  const { fetch, userAgent, timeoutMs = 30_000, clock = systemClock } = options;
  const common = { fetch, timeoutMs, clock, ...(userAgent !== undefined && { userAgent }) };
  const http = createMetrikaHttp({
    ...common,
    apiUrl,
    ...(limiter !== undefined && { limiter }),
    ...(beforeRequest !== undefined && { beforeRequest }),
  });
  const loginHttp = createMetrikaHttp({ ...common, apiUrl: loginUrl });
  return {
    counters: {
      list: (call) => listCounters(http, call),
      get: (call) => getCounter(http, call),
      create: (call) => createCounter(http, call),
    },
    goals: {
      list: (call) => listGoals(http, call),
      create: (call) => createGoal(http, call),
    },
    uploadings: {
      upload: (call) => uploadConversions(http, call, boundary()),
      list: (call) => listUploadings(http, call),
      get: (call) => getUploading(http, call),
    },
    reports: {
      get: (call) => getReport(http, call),
      pages: (call) => reportPages(http, call),
    },
    logs: {
      evaluate: (call) => evaluateLog(http, call),
      create: (call) => createLog(http, call),
      list: (call) => listLogs(http, call),
      get: (call) => getLog(http, call),
      downloadPart: (call) => downloadLogPart(http, call),
      download: (call) => downloadLog(http, call, clock),
      clean: (call) => cleanLog(http, call),
      cancel: (call) => cancelLog(http, call),
    },
    login: { get: (call) => getLogin(loginHttp, call) },
  };
}

function randomBoundary(): string {
  return `metrika${crypto.randomUUID().replaceAll("-", "")}`;
}
