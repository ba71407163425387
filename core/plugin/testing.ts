import { getLogger } from "@logtape/logtape";
import { normaliseConversion } from "../conversion/normalise.ts";
import { createExpressions } from "../expressions/expressions.ts";
import type { Receipt } from "../intake/receipt.ts";
import type { EmitOptions, SourceContext, SourceFetch } from "./source-context.ts";

/** A source that writes down what it is told instead of sending it. */
export interface RecordingSource<Config> extends SourceContext<Config> {
  /** Each call of `emit`, in order. */
  readonly emitted: readonly { readonly facts: readonly unknown[]; readonly options: EmitOptions }[];
  /** What the plugin keeps, by name. */
  readonly kept: ReadonlyMap<string, unknown>;
}

/** What a {@link recordingSource} is like where its defaults will not do. */
export interface RecordingOptions {
  readonly fetch?: SourceFetch;
  readonly now?: () => Date;
  readonly timeZone?: string;
  readonly defaultCurrency?: string;
  readonly evaluate?: SourceContext<unknown>["evaluate"];
  readonly signal?: AbortSignal;
}

/** Begins its worker when an expression is first reckoned. */
const expressions = createExpressions();

/**
 * A source in memory for the plugin's own units: facts are validated as the sink does, nothing is stored, the network is
 * `fetch`, which refuses every request unless it is given.
 */
export function recordingSource<Config>(config: Config, options: RecordingOptions = {}): RecordingSource<Config> {
  const emitted: { readonly facts: readonly unknown[]; readonly options: EmitOptions }[] = [];
  const kept = new Map<string, unknown>();
  const now = options.now ?? (() => new Date());
  const timeZone = options.timeZone ?? "Europe/Moscow";
  const defaultCurrency = options.defaultCurrency ?? "RUB";
  const unexpected = (what: string) => () => Promise.reject(new Error(`${what} was not expected in this test.`));
  return {
    ...{ emitted, kept, config, timeZone, defaultCurrency, now },
    id: "00000000-0000-7000-8000-000000000001",
    counterId: 12345678,
    language: "en",
    async emit(facts, given = {}): Promise<Receipt> {
      emitted.push({ facts, options: given });
      const judged = facts.map((fact) =>
        normaliseConversion(fact, { timeZone, defaultCurrency, allowPersonalUserId: false, now: now().getTime() }),
      );
      const rejections = judged.flatMap((it, row) => (it.ok ? [] : [{ row, findings: it.findings }]));
      return {
        ...{ batchUuid: crypto.randomUUID(), received: facts.length, accepted: facts.length - rejections.length },
        ...{ duplicates: [], rejections, warnings: [], repeated: false, conversions: [] },
      };
    },
    receiptAnswer: () => {
      throw new Error("receiptAnswer was not expected in this test.");
    },
    dryRunAnswer: () => {
      throw new Error("dryRunAnswer was not expected in this test.");
    },
    batchAnswer: unexpected("batchAnswer"),
    state: {
      get: async (name) => kept.get(name) ?? null,
      async set(name, value) {
        if (value === null) kept.delete(name);
        else kept.set(name, structuredClone(value));
      },
      exclusively: (work) => work(),
    },
    fetch:
      options.fetch ?? ((url) => Promise.reject(new Error(`The request to ${url} was not expected in this test.`))),
    evaluate: options.evaluate ?? ((expression, input) => expressions.evaluate("test", expression, input)),
    log: getLogger(["metrika-gateway", "plugins", "test"]),
    signal: options.signal ?? new AbortController().signal,
    progress() {},
  };
}
