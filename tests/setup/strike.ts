import type { Fetch } from "../../core/metrika/http.ts";
import type { Store } from "../../core/store/store.ts";
import type { Death } from "./deaths.ts";

type Moment = "before" | "inside" | "after";

/** Which request to Metrika the stroke falls on, and when. */
const requests: Partial<Record<Death, readonly [moment: Moment, method: "GET" | "POST", path: RegExp]>> = {
  "file built": ["before", "POST", /\/upload$/],
  "half of the body sent": ["inside", "POST", /\/upload$/],
  "upload answered": ["after", "POST", /\/upload$/],
  "upload recorded": ["before", "GET", /\/uploading\//],
  "poll answered": ["after", "GET", /\/uploading\//],
  "list read for a lost answer": ["after", "GET", /\/uploadings$/],
  "goals answered": ["after", "GET", /\/goals$/],
  "goal created": ["after", "POST", /\/goals$/],
};

/** A stroke in waiting. */
export interface Strike {
  /** The network as it is, but for the stroke. */
  readonly fetch: Fetch;
  /** From now on it falls where it is to fall. */
  arm(): void;
  /** Puts methods in place of a store's own; they are looked up when they are called, so these are the ones that are used. */
  watch(store: Store): void;
}

/**
 * Prepares a stroke for this process.
 * @param point where it falls; null: nowhere
 * @param signal SIGKILL ends the process there; SIGSTOP lets it stand still there once, until somebody sends SIGCONT
 */
export function createStrike(point: Death | null, signal: "SIGKILL" | "SIGSTOP"): Strike {
  const [moment, method, path] = (point === null ? null : requests[point]) ?? [];
  let isArmed = false;
  let pages = 0;

  function fall(): void {
    isArmed = false;
    process.kill(process.pid, signal);
    if (signal === "SIGKILL") throw new Error("SIGKILL did not end the process.");
  }

  /** Lets the head of the form and the first piece of the file out; the stroke falls when the network asks for more. */
  function fatalBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    let pieces = 0;
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (pieces++ === 2) fall();
          const { value, done } = await reader.read();
          if (value) controller.enqueue(value);
          if (done) controller.close();
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  return {
    arm() {
      isArmed = true;
    },
    async fetch(url, init) {
      const isMeant = isArmed && init.method === method && path?.test(new URL(url).pathname);
      if (isMeant && moment === "before") fall();
      const isInside = isMeant && moment === "inside" && init.body instanceof ReadableStream;
      const response = await fetch(url, isInside ? { ...init, body: fatalBody(init.body as ReadableStream) } : init);
      if (!isMeant || moment !== "after") return response;
      const text = await response.text();
      fall();
      return new Response(text, response);
    },
    watch({ planning }) {
      if (point !== "one page placed" && point !== "all placed, nothing sealed") return;
      const { place, sealRipe } = planning;
      Object.assign(planning, {
        place: async (...page: Parameters<typeof place>) => {
          if (isArmed && point === "one page placed" && pages === 1) fall();
          pages++;
          return place(...page);
        },
        sealRipe: async (...round: Parameters<typeof sealRipe>) => {
          if (isArmed && point === "all placed, nothing sealed" && pages > 0) fall();
          return sealRipe(...round);
        },
      });
    },
  };
}
