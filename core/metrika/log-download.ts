import type { Clock } from "./clock.ts";
import { MetrikaError, type MetrikaErrorKind } from "./errors.ts";
import type { MetrikaHttp } from "./http.ts";
import type { LogPartContent, LogSink } from "./log-part.ts";
import { downloadLogPart, type LogRequest, type OneLogOptions } from "./logs.ts";

/** What is downloaded of a log, and where to. */
export interface DownloadLogOptions extends Omit<OneLogOptions, "requestId" | "counterId"> {
  /** A log that is ready. */
  readonly log: Pick<LogRequest, "id" | "counterId" | "fields" | "parts">;
  /** Numbers of parts that were downloaded earlier; they are left out. */
  readonly done?: ReadonlySet<number>;
  /** Takes a part; `begin` is called for each attempt, and what came before it is void. */
  readonly sinkOf: (part: number) => LogSink;
  /** Called when a part is whole. What is written down here need not be downloaded again after a restart. */
  readonly onPart?: (part: number, content: LogPartContent) => void | Promise<void>;
  /**
   * Whether a part shorter than its `size` in the list of parts is broken. Default: no. The size is documented as bytes,
   * but not whether it is that of the text as it is downloaded; if it is not, no part would ever pass.
   */
  readonly checkSizes?: boolean;
  /** How often a part is tried. Default 4. */
  readonly attempts?: number;
}

const MAY_PASS: readonly MetrikaErrorKind[] = ["throttled", "unavailable", "unreachable", "invalid_answer"];
const FIRST_WAIT_MS = 2000;

/**
 * Downloads the parts of a log, one after another. A part that fails in a way that may pass is downloaded again from its
 * beginning, after as long as Metrika asks for, else after 2, 4, 8… seconds.
 *
 * @returns bytes and rows of the parts that were downloaded.
 * @throws {MetrikaError} the last failure of a part. The parts before it are whole.
 */
export async function downloadLog(
  http: MetrikaHttp,
  options: DownloadLogOptions,
  clock: Clock,
): Promise<LogPartContent> {
  const { log, done, sinkOf, onPart, checkSizes = false, attempts = 4, ...call } = options;
  let [bytes, rows] = [0, 0];
  for (const { number: part, size } of log.parts) {
    if (done?.has(part)) continue;
    const one = {
      ...{ requestId: log.id, counterId: log.counterId, fields: log.fields, part },
      size: checkSizes ? (size ?? undefined) : undefined,
    };
    const content = await tryAgain({ attempts, clock, signal: call.signal }, () =>
      downloadLogPart(http, { ...call, ...one, sink: sinkOf(part) }),
    );
    await onPart?.(part, content);
    bytes += content.bytes;
    rows += content.rows;
  }
  return { bytes, rows };
}

async function tryAgain<Result>(
  { attempts, clock, signal }: { attempts: number; clock: Clock; signal: AbortSignal | undefined },
  act: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof MetrikaError) || !MAY_PASS.includes(error.kind) || attempt >= attempts) throw error;
      const asked = error.retryAfterSeconds;
      await pause(asked === undefined ? FIRST_WAIT_MS * 2 ** (attempt - 1) : asked * 1000, clock, signal);
    }
  }
}

function pause(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const givenUp = () => {
      cancel();
      const facts = { kind: "aborted", bodyMayHaveArrived: false, cause: signal?.reason } as const;
      reject(new MetrikaError("The download was given up before the next attempt", facts));
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", givenUp);
      resolve();
    });
    if (signal?.aborted) givenUp();
    else signal?.addEventListener("abort", givenUp, { once: true });
  });
}
