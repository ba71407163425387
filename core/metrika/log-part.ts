import type { AnswerContext } from "./answer.ts";
import { MetrikaError } from "./errors.ts";

/** Takes the bytes of a part as they arrive. */
export interface LogSink {
  /** Called before the first byte; a part that is downloaded again begins again. */
  begin?(): void | Promise<void>;
  /** A piece of any length. Metrika waits until it is taken. */
  write(bytes: Uint8Array): void | Promise<void>;
}

/** What a whole part held. */
export interface LogPartContent {
  readonly bytes: number;
  /** Without the line of names. */
  readonly rows: number;
}

/** What is known of a part beforehand. */
interface ExpectedPart {
  readonly fields: readonly string[];
  readonly size: number | undefined;
  readonly sink: LogSink;
}

const TAB = 0x09;
const LINE_FEED = 0x0a;

/**
 * Reads a part: hands it on, and checks by its bytes that it is whole. Tabs and line feeds only separate, since values
 * escape them, so each line has as many tabs as the first, the last byte is a line feed, and the first line names the
 * columns. A part that ends between two rows is found out only by its announced length.
 */
export async function readLogPart(
  response: Response,
  context: AnswerContext,
  { fields, size, sink }: ExpectedPart,
): Promise<LogPartContent> {
  const check = createPartCheck(fields);
  const fail = (what: string) => broken(context.operation, response.status, what);
  await take(context, () => sink.begin?.());
  const reader = response.body?.getReader();
  try {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      context.onBytes();
      const fault = check.add(piece.value);
      if (fault !== null) throw fail(fault);
      await take(context, () => sink.write(piece.value));
    }
  } finally {
    // Not awaited: a server that has fallen silent may never answer.
    void reader?.cancel().catch(() => undefined);
  }
  const fault = check.end();
  if (fault !== null) throw fail(fault);
  const announced = size ?? announcedLength(response.headers);
  if (announced !== null && check.bytes < announced) throw fail(`${check.bytes} bytes of ${announced}`);
  return { bytes: check.bytes, rows: check.rows };
}

/** Counts lines and columns; each of the two tells in a phrase what is wrong, or null. */
function createPartCheck(fields: readonly string[]) {
  const header = new TextEncoder().encode(`${fields.join("\t")}\n`);
  const tabs = fields.length - 1;
  let [bytes, rows, tabsInLine, last] = [0, 0, 0, LINE_FEED];

  function checkHeader(piece: Uint8Array): string | null {
    for (let at = bytes; at < header.length && at - bytes < piece.length; at++)
      if (piece[at - bytes] !== header[at]) return "its first line does not name the columns that were asked for";
    return null;
  }

  return {
    get bytes() {
      return bytes;
    },
    get rows() {
      return rows;
    },
    add(piece: Uint8Array): string | null {
      if (bytes < header.length) {
        const fault = checkHeader(piece);
        if (fault !== null) return fault;
      }
      const start = Math.max(0, header.length - bytes);
      for (let at = start; at < piece.length; at++) {
        const byte = piece[at];
        if (byte === TAB) tabsInLine++;
        else if (byte === LINE_FEED) {
          if (tabsInLine !== tabs) return `row ${rows + 1} has ${tabsInLine + 1} columns instead of ${fields.length}`;
          rows++;
          tabsInLine = 0;
        }
      }
      bytes += piece.length;
      last = piece.at(-1) ?? last;
      return null;
    },
    end(): string | null {
      if (bytes < header.length) return "it ends within its first line";
      return last === LINE_FEED ? null : `it ends within row ${rows + 1}`;
    },
  };
}

/** Lets the sink work; its failure is ours, not Metrika's. */
async function take(context: AnswerContext, work: () => void | Promise<void>): Promise<void> {
  context.onWork?.();
  try {
    await work();
  } catch (cause) {
    if (cause instanceof MetrikaError) throw cause;
    const message = `${context.operation} was broken off by the one who takes the bytes`;
    throw new MetrikaError(message, { kind: "aborted", bodyMayHaveArrived: false, cause });
  } finally {
    context.onBytes();
  }
  context.signal?.throwIfAborted();
}

/** The length of a body that is not compressed: of a compressed one the header tells another. */
function announcedLength(headers: Headers): number | null {
  const length = headers.get("content-length");
  return length === null || headers.has("content-encoding") ? null : Number(length);
}

function broken(operation: string, status: number, what: string): MetrikaError {
  return new MetrikaError(`The part that Metrika answered to ${operation} is not whole: ${what}`, {
    kind: "invalid_answer",
    code: "metrika_log_part_broken",
    status,
    bodyMayHaveArrived: false,
  });
}
