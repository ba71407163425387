import type { SourceContext, SourceState } from "../../plugin/source-context.ts";
import type { SourceRecord } from "../../store/store.ts";
import { type ContextDeps, createSourceContext, type Occasion } from "../context.ts";
import { CallOverError, type Watching, watchEmit } from "./watched-emit.ts";

/** How a plugin's call ended. */
export type CallEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timed_out" };

/** What a plugin is called with: {@link ContextDeps}, and what wakes the platform when its time is over. */
export interface CallingDeps extends ContextDeps {
  /** Calls `wake` once after `ms` milliseconds; the returned function cancels the call. */
  readonly after: (ms: number, wake: () => void) => () => void;
}

/** What a call may do, and for how long. */
export interface LimitedCall {
  readonly source: SourceRecord;
  readonly config: unknown;
  readonly timeLimitMs: number;
  /** Aborted when nobody wants the call's end any more: the gateway stops, or another has taken its place. */
  readonly stopping: AbortSignal;
  readonly watching: Watching;
  readonly progress?: Occasion["progress"];
  /** What the plugin keeps of the source, in place of its own. */
  readonly state?: (own: SourceState) => SourceState;
}

/**
 * Calls a plugin within limits. Whatever it does, this ends within the time limit; what it emits afterwards is not taken.
 * @returns null when it was stopped before the plugin was done
 */
export async function callWithinLimits(
  deps: CallingDeps,
  limits: LimitedCall,
  call: (context: SourceContext<unknown>) => Promise<unknown>,
): Promise<CallEnd | null> {
  const { source, config, stopping, progress = () => {} } = limits;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, stopping]);
  const own = createSourceContext(deps, source, config, { signal, progress });
  const base = limits.state ? { ...own, state: limits.state(own.state) } : own;
  const watched = watchEmit(base.emit, limits.watching);
  const context: SourceContext<unknown> = {
    ...guarded(base, signal),
    async emit(facts, options) {
      if (signal.aborted) throw new CallOverError();
      return watched.emit(facts, options);
    },
  };

  const timedOut = Promise.withResolvers<CallEnd>();
  const cancel = deps.after(limits.timeLimitMs, () => timedOut.resolve({ kind: "timed_out" }));
  const stopped = Promise.withResolvers<null>();
  const stop = () => stopped.resolve(null);
  if (stopping.aborted) stop();
  stopping.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([endOf(() => call(context)), timedOut.promise, stopped.promise]);
  } finally {
    over.abort(new CallOverError());
    await watched.close();
    cancel();
    stopping.removeEventListener("abort", stop);
  }
}

async function endOf(call: () => Promise<unknown>): Promise<CallEnd> {
  try {
    return { kind: "returned", value: await call() };
  } catch (error) {
    return { kind: "threw", error };
  }
}

/** The source without its ways out once the call is over: a plugin that goes on all the same changes and asks nothing. */
function guarded(source: SourceContext<unknown>, signal: AbortSignal): SourceContext<unknown> {
  const { state, fetch } = source;
  const still = () => signal.throwIfAborted();
  return {
    ...source,
    fetch(url, init = {}) {
      const signals = init.signal ? [signal, init.signal] : [signal];
      return fetch(url, { ...init, signal: AbortSignal.any(signals) });
    },
    state: {
      async get(name) {
        still();
        return state.get(name);
      },
      async set(name, value) {
        still();
        await state.set(name, value);
      },
      async exclusively(work) {
        still();
        return state.exclusively(async () => {
          still();
          return work();
        });
      },
    },
  };
}
