import { getLogger } from "@logtape/logtape";
import type { Receipt } from "../intake/receipt.ts";
import type { Localized } from "../language.ts";
import type { SourcePlugin } from "../plugin/contract.ts";
import { ProblemError } from "../plugin/problem.ts";
import { problemCatalogue } from "../plugin/problem-catalogue.ts";
import { type Leftover, type RawIntake, RetryLater, Unusable } from "../plugin/raw-intake.ts";
import type { SourceContext } from "../plugin/source-context.ts";
import type { SourceRecord } from "../store/store.ts";
import { type ContextDeps, createSourceContext } from "./context.ts";
import { dryState } from "./dry-state.ts";

const log = getLogger(["metrika-gateway", "sources"]);

/** How long a person waits for a trial at the most. */
const PATIENCE_MS = 20_000;

/** What the platform says of a trial that its plugin did not end well, by stable code. */
export const trialSentences = {
  trial_timed_out: {
    ru: "Плагин не закончил за 20 секунд. CRM не отвечает, или адрес неверен.",
    en: "The plugin was not done within 20 seconds. The CRM does not answer, or its address is wrong.",
  },
  trial_failed: {
    ru: "В плагине произошла ошибка. Причина записана в журнал шлюза.",
    en: "The plugin met a fault. The gateway's log tells why.",
  },
} as const satisfies Record<string, Localized>;

/** What a request would become. */
export interface Trial {
  /** Each handing over, with the counter that it is for. */
  readonly told: readonly { readonly counterId: number; readonly receipt: Receipt }[];
  readonly leftovers: readonly Leftover[];
  /** Why it would not be handled; null: it would. */
  readonly error: { readonly code: string; readonly reason: Localized } | null;
}

/** What is tried: a source as it is, or with another config. */
export interface TrialOf {
  readonly plugin: SourcePlugin;
  readonly source: SourceRecord;
  /** As the plugin's schema has made it. */
  readonly config: unknown;
  readonly intake: RawIntake;
}

/**
 * Lets a plugin handle a request without storing anything: facts are judged and met as in a dry run, what it keeps is forgotten
 * again. What it asks of its CRM, it asks.
 */
export async function trySample(
  deps: ContextDeps,
  { plugin, source, config, intake }: TrialOf,
  patienceMs = PATIENCE_MS,
): Promise<Trial> {
  const told: { counterId: number; receipt: Receipt }[] = [];
  const over = new AbortController();
  const base = createSourceContext(deps, source, config, { signal: over.signal, progress() {} });
  const context: SourceContext<unknown> = {
    ...base,
    state: dryState(base.state),
    async emit(facts, options = {}) {
      over.signal.throwIfAborted();
      const receipt = await base.emit(facts, { ...options, mode: "dry_run", idempotency: null });
      told.push({ counterId: options.counterId ?? source.counterId, receipt });
      return receipt;
    },
  };
  const timedOut = Promise.withResolvers<Omit<Trial, "told">>();
  const timer = setTimeout(() => timedOut.resolve(failed("trial_timed_out")), patienceMs);
  try {
    return { told, ...(await Promise.race([handled(plugin, context, intake), timedOut.promise])) };
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

async function handled(
  plugin: SourcePlugin,
  context: SourceContext<unknown>,
  intake: RawIntake,
): Promise<Omit<Trial, "told">> {
  try {
    const leftovers = (await plugin.handle?.(context, intake)) ?? [];
    return { leftovers, error: null };
  } catch (error) {
    if (error instanceof RetryLater) return because("retry_later", error.reason);
    if (error instanceof Unusable) return because(error.code, error.reason);
    // The title alone: a sentence may name a value of the body.
    if (error instanceof ProblemError) return because(error.code, problemCatalogue[error.code].title);
    log.error("Plugin {plugin} met a fault in a trial: {error}", { plugin: plugin.name, error });
    return failed("trial_failed");
  }
}

const because = (code: string, reason: Localized) => ({ leftovers: [], error: { code, reason } });
const failed = (code: keyof typeof trialSentences) => because(code, trialSentences[code]);
