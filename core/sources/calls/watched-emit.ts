import { createHash } from "node:crypto";
import type { Receipt } from "../../intake/receipt.ts";
import { ProblemError } from "../../plugin/problem.ts";
import type { EmitOptions, SourceContext } from "../../plugin/source-context.ts";

type Emit = SourceContext<unknown>["emit"];

/** How the facts of a call are taken. */
export interface Watching {
  /** Of the raw intake or run, and of all that its facts depend on besides themselves. */
  readonly key: string;
  /** Beyond which nothing more is taken. */
  readonly mostFacts: number;
  /** The same of one handing over; default: no less than all of them. */
  readonly mostAtOnce?: number;
  /** Whatever the plugin asks for, nothing is stored. */
  readonly dryRun?: boolean;
  /** Told of each receipt before the plugin is, in the order in which they come. Of a dry run that the plugin asked for itself it hears nothing. */
  took(receipt: Receipt): void | Promise<void>;
}

/** The way by which one call hands facts to the sink. */
export interface WatchedEmit {
  readonly emit: Emit;
  /** From now on nothing is taken; resolves when what is on its way has ended. */
  close(): Promise<void>;
}

/** A call that was made after its time: its facts are not taken. */
export class CallOverError extends Error {
  override readonly name = "CallOverError";
  constructor() {
    super("The call is over: it was answered, or its time is up. Nothing that it still does is taken.");
  }
}

/**
 * Gives each handing over a key made of what is handled and of the facts. So an attempt that repeats what one before it has done, and could
 * not write down, is answered as that was: it neither counts twice nor makes a second batch.
 */
export function watchEmit(emit: Emit, watching: Watching): WatchedEmit {
  const { key, mostFacts, mostAtOnce = mostFacts, dryRun = false } = watching;
  const onTheirWay = new Set<Promise<Receipt>>();
  let facts = 0;
  let isClosed = false;

  async function hand(given: readonly unknown[], options: EmitOptions): Promise<Receipt> {
    const { idempotency: _, ...rest } = options;
    const mode = dryRun ? "dry_run" : rest.mode;
    if (mode === "dry_run") {
      const receipt = await emit(given, { ...rest, mode });
      if (dryRun) await watching.took(receipt);
      return receipt;
    }
    const bodyHash = createHash("sha256")
      .update(JSON.stringify([given, rest]))
      .digest("base64url");
    const receipt = await emit(given, { ...rest, idempotency: { key: `${key}:${bodyHash}`, bodyHash } });
    await watching.took(receipt);
    return receipt;
  }

  return {
    async emit(given, options = {}) {
      if (isClosed) throw new CallOverError();
      if (!Array.isArray(given)) throw new TypeError("emit takes a list of facts.");
      if (given.length > mostAtOnce)
        throw new ProblemError("too_many_conversions", { count: given.length, limit: mostAtOnce });
      facts += given.length;
      if (facts > mostFacts) throw new ProblemError("too_many_conversions", { count: facts, limit: mostFacts });
      const handing = hand(given, options);
      onTheirWay.add(handing);
      try {
        return await handing;
      } finally {
        onTheirWay.delete(handing);
      }
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(onTheirWay);
    },
  };
}
