import { getLogger } from "@logtape/logtape";
import type { Expressions } from "../expressions/expressions.ts";
import { type Accept, IdempotencyKeyReusedError } from "../intake/accept.ts";
import { OverloadedError, StorageUnavailableError } from "../intake/committer.ts";
import { batchAnswer, dryRunAnswer, receiptAnswer } from "../plugin/answers.ts";
import { ProblemError, retryLater } from "../plugin/problem.ts";
import type { SourceContext, SourceFetch } from "../plugin/source-context.ts";
import type { SourceRecord, Store } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { checkEmit } from "./check-emit.ts";
import { createSourceState } from "./source-state.ts";

/** What every source's context is made with. */
export interface ContextDeps {
  readonly store: Store;
  readonly accept: Accept;
  readonly vault: Vault;
  /** See {@link SourceContext.fetch}. */
  readonly fetch: SourceFetch;
  readonly expressions: Expressions;
  readonly now: () => number;
}

/** What a context is for; without it, a request that lasts as long as its sender waits. */
export interface Occasion {
  readonly signal: AbortSignal;
  progress(done: number, total?: number): void;
}

const OF_REQUEST: Occasion = { signal: new AbortController().signal, progress() {} };

/** Makes the context of one source for one request, raw intake or run. */
export function createSourceContext<Config>(
  deps: ContextDeps,
  source: SourceRecord,
  config: Config,
  { signal, progress }: Occasion = OF_REQUEST,
): SourceContext<Config> {
  const { store } = deps;
  const installation = store.installation.uuid;
  return {
    id: source.uuid,
    counterId: source.counterId,
    config,
    timeZone: source.timeZone,
    defaultCurrency: source.defaultCurrency,
    language: source.language,
    async emit(facts, options = {}) {
      checkEmit(source, facts, options);
      const { mode = "normal", idempotency = null, ...rest } = options;
      try {
        return await deps.accept(source, facts, { mode, idempotency, ...rest });
      } catch (error) {
        throw asProblem(error);
      }
    },
    receiptAnswer: (receipt, language) => receiptAnswer(receipt, language, installation),
    dryRunAnswer: (receipt, language) => dryRunAnswer(receipt, language, source.options.identifiers, installation),
    async batchAnswer(batchId, language) {
      const batch = await store.batches.findByUuid(batchId);
      if (!batch || batch.sourceId !== source.id) return null;
      return batchAnswer(deps, batch, source, language, deps.now());
    },
    state: createSourceState(deps, source),
    fetch: deps.fetch,
    evaluate: (expression, input) => deps.expressions.evaluate(source.uuid, expression, input),
    log: getLogger(["metrika-gateway", "plugins", source.plugin]).with({ sourceId: source.uuid }),
    signal,
    now: () => new Date(deps.now()),
    progress,
  };
}

function asProblem(error: unknown): unknown {
  if (error instanceof OverloadedError) return retryLater("overloaded", error.retryAfterSeconds, error);
  if (error instanceof StorageUnavailableError)
    return retryLater("storage_unavailable", error.retryAfterSeconds, error);
  if (error instanceof IdempotencyKeyReusedError)
    return new ProblemError("idempotency_key_reused", { hours: 24 }, { cause: error });
  return error;
}
