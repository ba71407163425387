import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as v from "valibot";
import { createManualClock } from "../../core/metrika/clock.ts";
import { demo, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import { createMetrikaSimulator, type MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { BatchRow } from "../../core/plugin/answer-schemas.ts";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import type { Leftover } from "../../core/plugin/raw-intake.ts";
import type { SourceFetch } from "../../core/plugin/source-context.ts";
import type { RawIntakeState } from "../../core/store/store.ts";
import { readConfig } from "../config.ts";
import { composeGateway, type Gateway } from "../gateway.ts";
import { requestOf, type SourceSample } from "./send-sample.ts";

/** What a source is started with. */
export interface StartOptions {
  /** As `POST /v1/sources` takes it; default: an empty object. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further members of that request: `time_zone`, `default_currency`, `dedupe_by`, `secret`, … */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The world that the plugin asks; default: one that answers nothing. */
  readonly fetch?: SourceFetch;
  /** When the source's time begins; it moves only by `settle`. Default: now. */
  readonly now?: Date;
}

/** A conversion as it stands in the gateway; what it does not have is left out. */
export type TestConversion = Readonly<Record<string, unknown>>;

/** A request that was kept, and what became of it. */
export interface TestRawIntake {
  readonly id: string;
  readonly state: RawIntakeState;
  readonly leftovers: readonly Leftover[];
  /** The stable code of the last failure. */
  readonly errorCode: string | null;
  readonly error: string | null;
}

/** A source of one plugin in a gateway of its own, in memory but for a temporary folder, with a simulated Metrika. */
export interface StartedSource extends AsyncDisposable {
  readonly id: string;
  /** What its senders prove themselves by; null where nobody sends anything. */
  readonly secret: string | null;
  /** Any request, as anybody could make it. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** A request of the operator, who may everything. */
  manage(path: string, init?: RequestInit): Promise<Response>;
  /** Sends a sample as its sender does, with the proof. */
  send(sample: SourceSample): Promise<Response>;
  /** Handles what was kept, sends what was planned and lets time pass until everything is settled. */
  settle(): Promise<void>;
  /** Those that were accepted, each as it was told last, in the order of their arrival. */
  conversions(): Promise<readonly TestConversion[]>;
  /** In the order of their arrival. */
  rawIntakes(): Promise<readonly TestRawIntake[]>;
  readonly simulator: MetrikaSimulator;
  /** @returns what is still under way though everything was closed: nothing, of a plugin that cleans up */
  close(): Promise<readonly string[]>;
}

/** The answer to `POST /v1/sources`, as far as a test needs it. */
const CreatedSource = v.object({
  source_id: v.string(),
  secret: v.optional(v.nullable(v.string()), null),
  urls: v.array(
    v.object({ methods: v.array(v.string()), url: v.string(), address_with_secret: v.nullish(v.string()) }),
  ),
});
const Rows = v.object({ data: v.array(BatchRow), next_cursor: v.nullable(v.string()) });
const Batches = v.object({ data: v.array(v.object({ batch_id: v.string() })), next_cursor: v.nullable(v.string()) });

const STEP_MS = 15 * 60_000;
/** Longer than the gateway or Metrika waits for anything. */
const PATIENCE_MS = 40 * 86_400_000;
const PUBLIC_URL = "https://gateway.example.com";

/** A gateway refused to make the source; the message holds its answer, `answer` the same as JSON. */
export class SourceRefused extends Error {
  override readonly name = "SourceRefused";
  readonly answer: unknown;
  constructor(answer: unknown) {
    super(`The source was refused: ${JSON.stringify(answer, null, 2)}`);
    this.answer = answer;
  }
}

/**
 * Starts a gateway with one plugin and makes a source of it, without ports. Goals are made as targets ask for them, and every identifier
 * is a visitor of the simulated counter.
 * @throws {SourceRefused} when the config does not fit
 */
export async function startSource(plugin: SourcePlugin, given: StartOptions = {}): Promise<StartedSource> {
  const folder = await mkdtemp(`${tmpdir()}/gateway-source-`);
  const clock = createManualClock((given.now ?? new Date()).getTime());
  const simulator = createMetrikaSimulator({ clock, settings: { visitors: "any" } });
  seedDemo(simulator);
  const env = {
    ...{ DATABASE_URL: `file:${folder}/gateway.db`, PUBLIC_URL, METRIKA_RPS: "1000", UPLOAD_LINGER_SECONDS: "0" },
    ...{ METRIKA_API_URL: "https://metrika.example", YANDEX_LOGIN_URL: "https://login.example" },
    YANDEX_OAUTH_URL: "https://oauth.example",
  };
  const gateway = await composeGateway(readConfig(env), {
    ...{
      fetch: (url, init) => simulator.fetch(url, init),
      now: clock.now,
      clock,
      random: () => 0.5,
      plugins: [plugin],
    },
    pluginFetch: given.fetch ?? ((url) => Promise.reject(new Error(`Nobody answers ${url} in this test.`))),
  });
  let left: readonly string[] | null = null;
  async function close(): Promise<readonly string[]> {
    if (left !== null) return left;
    await gateway.close(0);
    const files = await readdir(`${folder}/uploads`);
    await rm(folder, { recursive: true, force: true });
    left = [
      ...files.map((file) => `the file ${file}`),
      ...(clock.waiting > 0 ? [`${clock.waiting} wake-ups`] : []),
      ...(simulator.openRequests > 0 ? [`${simulator.openRequests} requests to Metrika`] : []),
    ];
    return left;
  }
  try {
    const source = await createSource(gateway, plugin, given);
    return {
      ...operate(gateway, plugin, source, { clock, given }),
      simulator,
      close,
      [Symbol.asyncDispose]: async () => void (await close()),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const manageWith =
  (gateway: Gateway) =>
  async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${gateway.operatorToken}`);
    if (!headers.has("accept-language")) headers.set("accept-language", "en");
    return gateway.app.request(path, { ...init, headers });
  };

async function createSource(gateway: Gateway, { name, verify }: SourcePlugin, { config = {}, options }: StartOptions) {
  const isSenders = verify !== null && typeof verify !== "function" && verify.secretFrom === "sender";
  const body = {
    ...{ plugin: name, name: `Test of ${name}`, counter_id: demo.counterId, token: demo.token, config },
    ...(isSenders && { secret: verify.newSecret() }),
    create_missing_goals: true,
    ...options,
  };
  const answer = await manageWith(gateway)("/v1/sources", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const told: unknown = await answer.json();
  if (answer.status !== 201) throw new SourceRefused(told);
  const source = v.parse(CreatedSource, told);
  return { ...source, secret: source.secret ?? v.parse(v.optional(v.string()), Reflect.get(body, "secret")) ?? null };
}

type Created = Awaited<ReturnType<typeof createSource>>;

function operate(
  gateway: Gateway,
  plugin: SourcePlugin,
  source: Created,
  { clock, given }: { readonly clock: ReturnType<typeof createManualClock>; readonly given: StartOptions },
) {
  const { source_id: id, secret, urls } = source;
  const manage = manageWith(gateway);
  const request = async (path: string, init: RequestInit = {}) => gateway.app.request(path, init);

  async function pages<Row>(
    path: string,
    schema: v.GenericSchema<unknown, { data: Row[]; next_cursor: string | null }>,
  ) {
    const rows: Row[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = v.parse(schema, await (await manage(`${path}?limit=100${next}`)).json());
      rows.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return rows;
  }

  async function intakes(): Promise<readonly TestRawIntake[]> {
    const found = await gateway.store.sources.findByUuid(id);
    if (found === null) return [];
    const { rows } = await gateway.store.rawIntakes.list({
      sourceId: found.id,
      state: null,
      before: null,
      limit: 1000,
    });
    return rows.toReversed().map(({ uuid, state, leftovers, errorCode, error }) => ({
      ...{ id: uuid, state, leftovers, errorCode, error: error?.en ?? null },
    }));
  }

  async function isOpen(): Promise<boolean> {
    const { completed: _, failed: __, ...open } = await gateway.store.uploads.countByState();
    if (Object.values(open).some((count) => count > 0)) return true;
    return (await intakes()).some(({ state }) => state === "waiting");
  }

  return {
    ...{ id, secret, request, manage, rawIntakes: intakes },
    send: (sample: SourceSample) =>
      manageOrAsk(sample, { gateway, plugin, config: given.config ?? {}, urls, secret, now: clock.now() }),
    async settle() {
      const patience = clock.now() + PATIENCE_MS;
      for (;;) {
        while (await gateway.rawIntakes.runOnce());
        while (await gateway.worker.runOnce());
        if (!(await isOpen())) break;
        if (clock.now() > patience) throw new Error("Something is still open after 40 days.");
        clock.advance(STEP_MS);
      }
      await gateway.store.batches.fileUnderSources(10_000);
    },
    async conversions(): Promise<readonly TestConversion[]> {
      await gateway.store.batches.fileUnderSources(10_000);
      const batches = (await pages(`/v1/webhooks/${id}/batches`, Batches)).toReversed();
      const latest = new Map<string, TestConversion>();
      for (const { batch_id } of batches) {
        for (const { kind, conversion, conversion_id } of await pages(`/v1/batches/${batch_id}/rows`, Rows)) {
          if (conversion === null || conversion_id === null || kind === "duplicate") continue;
          latest.set(conversion_id, withoutNulls(conversion));
        }
      }
      return [...latest.values()];
    },
  };
}

async function manageOrAsk(sample: SourceSample, place: Parameters<typeof requestOf>[1]): Promise<Response> {
  const { path, init } = requestOf(sample, place);
  return place.gateway.app.request(path, init);
}

const withoutNulls = (fields: object): TestConversion =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
