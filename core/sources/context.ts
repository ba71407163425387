import { type Accept, IdempotencyKeyReusedError } from "../intake/accept.ts";
import { OverloadedError, StorageUnavailableError } from "../intake/committer.ts";
import { batchAnswer, dryRunAnswer, receiptAnswer } from "../plugin/answers.ts";
import type { SourceContext } from "../plugin/contract.ts";
import { ProblemError, retryLater } from "../plugin/problem.ts";
import type { SourceRecord, Store } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";

/** What every source's context is made with. */
export interface ContextDeps {
  readonly store: Store;
  readonly accept: Accept;
  readonly vault: Vault;
  readonly now: () => number;
}

/** Makes the context of one source for one request. */
export function createSourceContext<Config>(
  deps: ContextDeps,
  source: SourceRecord,
  config: Config,
): SourceContext<Config> {
  const { store } = deps;
  const installation = store.installation.uuid;
  return {
    id: source.uuid,
    counterId: source.counterId,
    config,
    async emit(facts, { mode = "normal", idempotency = null } = {}) {
      try {
        return await deps.accept(source, facts, { mode, idempotency });
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
