import { createHash } from "node:crypto";
import type { Receipt } from "../../intake/receipt.ts";
import { ProblemError } from "../../plugin/problem.ts";
import type { EmitOptions, SourceContext } from "../../plugin/source-context.ts";
import type { RawIntakeRecord } from "../../store/store.ts";

type Emit = SourceContext<unknown>["emit"];

/** The way by which one attempt hands facts to the sink, and what became of them. */
export interface WatchedEmit {
  readonly emit: Emit;
  /** Of all that was stored, in order. */
  readonly receipts: readonly Receipt[];
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
 * Gives each handing over a key made of the raw intake and of all that it depends on. So an attempt that repeats what one before it has
 * done, and could not write down, is answered as that was: it neither counts twice nor makes a second batch. A replay asks anew, since
 * it may revive what Metrika never took.
 * @param mostFacts beyond which nothing more is taken
 */
export function watchEmit(emit: Emit, { uuid, replays }: RawIntakeRecord, mostFacts: number): WatchedEmit {
  const receipts: Receipt[] = [];
  const onTheirWay = new Set<Promise<Receipt>>();
  let facts = 0;
  let isClosed = false;

  async function hand(given: readonly unknown[], options: EmitOptions): Promise<Receipt> {
    const { idempotency: _, ...rest } = options;
    const bodyHash = createHash("sha256")
      .update(JSON.stringify([given, rest]))
      .digest("base64url");
    const idempotency = { key: `raw-intake:${uuid}:${replays}:${bodyHash}`, bodyHash };
    const receipt = await emit(given, { ...rest, idempotency });
    if (options.mode !== "dry_run") receipts.push(receipt);
    return receipt;
  }

  return {
    receipts,
    async emit(given, options = {}) {
      if (isClosed) throw new CallOverError();
      if (!Array.isArray(given)) throw new TypeError("emit takes a list of facts.");
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
