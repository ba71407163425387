import { expect, onTestFinished } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as v from "valibot";
import type { DeliveryRules } from "../../core/delivery/rules.ts";
import { createManualClock, type ManualClock } from "../../core/metrika/clock.ts";
import type { Fetch } from "../../core/metrika/http.ts";
import { demo, demoVisitors, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import type { SimulatorSettings } from "../../core/metrika/simulator/settings.ts";
import { createMetrikaSimulator, type MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { BatchRow, BatchStatus } from "../../core/plugin/answer-schemas.ts";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import type { SourceFetch } from "../../core/plugin/source-context.ts";
import type { RawIntakeRules } from "../../core/sources/raw-intakes/rules.ts";
import type { RunRules } from "../../core/sources/runs/rules.ts";
import { type Config, readConfig } from "../../gateway/config.ts";
import { composeGateway, type Gateway } from "../../gateway/gateway.ts";
import { openTestDatabase } from "./test-database.ts";

/** The instant at which a test gateway's time begins. */
export const START = "2026-11-23T12:00:00Z";
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const BASE_PATH = "/webhook/offline-conversions";
/** Longer than Metrika or the gateway ever waits for anything in these tests. */
const PATIENCE = 40 * DAY;
const STEP = 15 * MINUTE;

export interface TestGatewayOptions {
  /** Settings beside the database and the hosts, as an operator would give them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Partial<SimulatorSettings>;
  readonly rules?: Partial<DeliveryRules>;
  /** Chance, in [0, 1); default: always the middle. */
  readonly random?: () => number;
  /** Stands between the gateway and the simulator. */
  readonly network?: (through: Fetch) => Fetch;
  /** For what only one database has; default: whichever the run is about. */
  readonly store?: "sqlite";
  /** When the gateway's time begins, in Unix milliseconds; default: {@link START}. */
  readonly startAt?: number;
  /** In place of the bundled ones. */
  readonly plugins?: readonly SourcePlugin[];
  /** The world beyond Metrika, as plugins ask it; default: nobody answers. */
  readonly pluginFetch?: SourceFetch;
  readonly rawIntakeRules?: Partial<RawIntakeRules>;
  readonly runRules?: Partial<RunRules>;
  /** What the world looks like before the gateway starts; default: the demo's counter, token, goals and visits. */
  readonly seed?: (simulator: MetrikaSimulator) => void;
}

/** A finding or fault, as answers tell it. */
export interface ToldFinding {
  readonly index: number;
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

/** The members of all answers together: a test reads those that its answer has. */
export interface AnswerBody extends Readonly<Record<string, unknown>> {
  readonly code: string;
  readonly detail: string;
  readonly batch_id: string;
  readonly webhook_id: string;
  readonly secret: string;
  readonly url: string;
  readonly key: string;
  readonly csv: string;
  readonly next_cursor: string;
  readonly rejections: readonly ToldFinding[];
  readonly warnings: readonly ToldFinding[];
  readonly errors: readonly ToldFinding[];
  readonly conversions: readonly Readonly<Record<string, unknown>>[];
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

export type BatchStatusBody = v.InferOutput<typeof BatchStatus>;
export type BatchRowBody = v.InferOutput<typeof BatchRow>;

/** An answer that was read to its end. `body` is the parsed JSON, an empty object where there is none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: AnswerBody;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON; texts, bytes and streams go as they are. */
  readonly body?: unknown;
}

/** A webhook as its owner knows it. */
export interface TestWebhook {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly path: string;
}

/** What a sender may add to a POST. */
export interface PostOptions extends RequestOptions {
  readonly mode?: string;
  readonly language?: string;
  readonly key?: string;
}

/** A whole gateway in this process on a folder of its own, with a Metrika beside it and one clock for both. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly simulator: MetrikaSimulator;
  readonly clock: ManualClock;
  readonly config: Config;
  readonly apiKey: string;
  /** Any request, without proof of who sends it. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** A management request with the API key. */
  manage(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  createWebhook(options?: Readonly<Record<string, unknown>>): Promise<TestWebhook>;
  /** Sends conversions with the webhook's secret. */
  post(webhook: TestWebhook, conversions: readonly unknown[], options?: PostOptions): Promise<Answer>;
  /** The status of a batch, asked for with the webhook's secret; checked against the published schema. */
  status(webhook: TestWebhook, batchId: string, language?: string): Promise<BatchStatusBody>;
  /** The rows of a batch with their fates; checked against the published schema. */
  rows(batchId: string, language?: string): Promise<BatchRowBody[]>;
  advance(ms: number): void;
  /** Lets the worker do all it can at this instant. */
  work(): Promise<void>;
  /** Works and lets time pass until Metrika has settled every file. */
  settle(): Promise<void>;
  /** Reads the database as another program would: on a connection of its own that cannot write. */
  sql<Row = Record<string, unknown>>(query: string): Promise<Row[]>;
  /** Stops the gateway and starts it on the same folder, from now on with these settings in place of former ones. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Happens by itself when the test ends; a property with many gateways closes each. */
  close(): Promise<void>;
}

/** Starts a gateway for the length of one test; afterwards everything is closed and nothing may be left under way. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = await mkdtemp(`${tmpdir()}/gateway-flow-`);
  const clock = createManualClock(options.startAt ?? Date.parse(START));
  const simulator = createMetrikaSimulator({ clock, settings: options.settings ?? {} });
  (options.seed ?? seedDemo)(simulator);
  const database = await openTestDatabase(folder, options.store);
  const config = testConfig(folder, { ...database.env, ...options.env });
  let settings = config;
  const through: Fetch = (url, init) => simulator.fetch(url, init);
  const compose = () =>
    composeGateway(settings, {
      fetch: options.network?.(through) ?? through,
      now: clock.now,
      clock,
      random: options.random ?? (() => 0.5),
      ...(options.plugins && { plugins: options.plugins }),
      ...(options.rules && { rules: options.rules }),
      ...(options.rawIntakeRules && { rawIntakeRules: options.rawIntakeRules }),
      ...(options.runRules && { runRules: options.runRules }),
      pluginFetch: options.pluginFetch ?? ((url) => Promise.reject(new Error(`Nobody answers at ${url}.`))),
    });
  let gateway = await compose();
  let isClosed = false;
  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    await gateway.close(0);
    await expectNothingLeft(simulator, clock, config);
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
  onTestFinished(close);

  async function request(method: string, path: string, { headers = {}, body }: RequestOptions = {}): Promise<Answer> {
    const sent = new Headers(headers);
    const isRaw = body === undefined || typeof body === "string" || ArrayBuffer.isView(body) || isStream(body);
    const content = isRaw ? (body as BodyInit | undefined) : JSON.stringify(body);
    if (content !== undefined && !sent.has("content-type")) sent.set("content-type", "application/json");
    const init = { method, headers: sent, ...(content !== undefined && { body: content }) };
    const response = await gateway.app.request(path, init);
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
  }

  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const made = await request("POST", "/v1/api-keys", {
    headers: bearer(gateway.operatorToken),
    body: { name: "test" },
  });
  const apiKey = made.body.key;
  const manage: TestGateway["manage"] = (method, path, body, headers) =>
    request(method, path, { headers: { ...bearer(apiKey), ...headers }, ...(body !== undefined && { body }) });

  const isOpen = async () => {
    const { completed: _, failed: __, ...open } = await gateway.store.uploads.countByState();
    return Object.values(open).some((count) => count > 0);
  };

  const test: TestGateway = {
    close,
    get gateway() {
      return gateway;
    },
    ...{ simulator, clock, config, apiKey, request, manage },
    async createWebhook(given = {}) {
      const body = { name: "CRM", counter_id: demo.counterId, token: demo.token, ...given };
      const answer = await manage("POST", BASE_PATH, body);
      expect(answer.status).toBe(201);
      const { webhook_id: id, secret, url } = answer.body;
      return { id, secret, url, path: `${BASE_PATH}/${id}` };
    },
    post(webhook, conversions, { mode, language, key, headers, body } = {}) {
      const all = {
        "x-webhook-secret": webhook.secret,
        ...(language && { "accept-language": language }),
        ...(key && { "idempotency-key": key }),
        ...headers,
      };
      const path = mode === undefined ? webhook.path : `${webhook.path}?mode=${mode}`;
      return request("POST", path, { headers: all, body: body ?? { conversions } });
    },
    async status(webhook, batchId, language = "en") {
      const headers = { "x-webhook-secret": webhook.secret, "accept-language": language };
      const answer = await request("GET", `${webhook.path}/status?batch_id=${batchId}`, { headers });
      expect(answer.status).toBe(200);
      return v.parse(v.strictObject(BatchStatus.entries), answer.body);
    },
    async rows(batchId, language = "en") {
      const answer = await manage("GET", `/v1/batches/${batchId}/rows?limit=500`, undefined, {
        "accept-language": language,
      });
      expect(answer.status).toBe(200);
      return v.parse(v.array(v.strictObject(BatchRow.entries)), answer.body.data);
    },
    advance: (ms) => clock.advance(ms),
    async work() {
      const { rawIntakes, runs, worker } = gateway;
      while ((await rawIntakes.runOnce()) || (await runs.runOnce()) || (await worker.runOnce()));
    },
    async settle() {
      const patience = clock.now() + PATIENCE;
      for (;;) {
        await test.work();
        if (!(await isOpen())) return;
        if (clock.now() > patience) throw new Error("Files are still open after 40 days.");
        clock.advance(STEP);
      }
    },
    sql: (query) => database.read(query),
    async restart(env) {
      if (env) settings = testConfig(folder, { ...database.env, ...options.env, ...env });
      await gateway.close(0);
      gateway = await compose();
    },
  };
  return test;
}

/** The configuration of a gateway on a folder, against hosts that exist nowhere. */
export function testConfig(folder: string, env: Readonly<Record<string, string>> = {}): Config {
  return readConfig({
    DATABASE_URL: `file:${folder}/gateway.db`,
    PUBLIC_URL: "https://gateway.example.com",
    METRIKA_API_URL: "https://metrika.example",
    YANDEX_LOGIN_URL: "https://login.example",
    YANDEX_OAUTH_URL: "https://oauth.example",
    METRIKA_RPS: "1000",
    ...env,
  });
}

/** The file of a gateway that stores in SQLite. */
export function databaseFile({ database }: Config): string {
  if (database.kind !== "sqlite") throw new Error("This gateway stores in PostgreSQL.");
  return database.file;
}

/** A sale of the demo's n-th visitor that Metrika will link; each call differs in nothing but what is given. */
export function sale(visitor = 0, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    client_id: demoVisitors[visitor]?.clientId,
    target: "purchase",
    date_time: "2026-11-23T10:00:00Z",
    price: 1500,
    currency: "RUB",
    ...more,
  };
}

/** The codes of findings, in order. */
export const codesOf = (findings: readonly { readonly code: string }[]): string[] => findings.map(({ code }) => code);

async function expectNothingLeft(simulator: MetrikaSimulator, clock: ManualClock, config: Config): Promise<void> {
  expect({ unansweredRequests: simulator.openRequests, wakeUps: clock.waiting }).toEqual({
    unansweredRequests: 0,
    wakeUps: 0,
  });
  expect(await readdir(`${config.dataFolder}/uploads`)).toEqual([]);
}

function isStream(body: unknown): body is ReadableStream {
  return body instanceof ReadableStream;
}

/** A gateway whose counter has had its first file, so that the next ones gather rows for a while. */
export async function startWithHistory(options: TestGatewayOptions = {}) {
  const gateway = await startTestGateway(options);
  const webhook = await gateway.createWebhook();
  await gateway.post(webhook, [sale(9)]);
  await gateway.settle();
  return { gateway, webhook };
}
