import { AsyncLocalStorage } from "node:async_hooks";
import type { SourceState } from "../plugin/source-context.ts";

/**
 * The state of a source for a dry run or a trial: it reads what it has written itself, and nobody else ever does. What is set while it is done
 * {@link SourceState.exclusively} is kept all the same: a refresh token that works once was traded in the world, and its successor
 * must not be lost.
 */
export function dryState(own: SourceState): SourceState {
  const written = new Map<string, string>();
  const inTurn = new AsyncLocalStorage<true>();
  return {
    async get(name) {
      const text = written.get(name);
      return text === undefined ? own.get(name) : JSON.parse(text);
    },
    async set(name, value) {
      if (inTurn.getStore() !== true) {
        written.set(name, JSON.stringify(value ?? null));
        return;
      }
      written.delete(name);
      await own.set(name, value);
    },
    exclusively: (work) => own.exclusively(() => inTurn.run(true, work)),
  };
}
