import * as v from "valibot";
import { parseExactJson } from "../conversion/exact-json.ts";
import { MetrikaError } from "./errors.ts";

/** The body of an answer, not yet judged. */
export interface AnswerText {
  readonly raw: string;
  /** Reads it as JSON of the given shape; throws {@link MetrikaError} `invalid_answer` where it is not. */
  as<Answer>(schema: v.GenericSchema<unknown, Answer>): Answer;
}

/** What {@link readAnswer} needs to know beside the answer. */
export interface AnswerContext {
  readonly operation: string;
  readonly bodySent: () => boolean;
  readonly onBytes: () => void;
  /** It is our turn: until the next byte, silence is our own. */
  readonly onWork?: () => void;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** Reads a good answer by itself: one that is a file, or may be empty. */
export type AnswerReader<Answer> = (response: Response, context: AnswerContext) => Promise<Answer>;

// A page of 10,000 uploadings has about 3 MB; nothing that Metrika sends in good faith comes near.
const MAX_BYTES = 64 * 1024 * 1024;

/** Reads the whole body of an answer, telling of each piece so that silence can be noticed. */
export async function readAnswer(response: Response, context: AnswerContext): Promise<AnswerText> {
  const decoder = new TextDecoder();
  let raw = "";
  let size = 0;
  if (response.body !== null) {
    const reader = response.body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      context.onBytes();
      size += piece.value.byteLength;
      if (size > MAX_BYTES) {
        void reader.cancel().catch(() => undefined);
        throw invalidAnswer(context, response.status, `more than ${MAX_BYTES} bytes`);
      }
      raw += decoder.decode(piece.value, { stream: true });
    }
    raw += decoder.decode();
  }
  return { raw, as: (schema) => parseAnswer(raw, schema, context, response.status) };
}

function parseAnswer<Answer>(
  raw: string,
  schema: v.GenericSchema<unknown, Answer>,
  context: AnswerContext,
  status: number,
): Answer {
  let json: unknown;
  try {
    json = parseExactJson(raw);
  } catch (cause) {
    throw invalidAnswer(context, status, "no JSON", cause);
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const first = parsed.issues[0];
  throw invalidAnswer(context, status, `unexpected ${v.getDotPath(first) ?? "shape"}, expected ${first.expected}`);
}

function invalidAnswer(context: AnswerContext, status: number, what: string, cause?: unknown): MetrikaError {
  return new MetrikaError(`Metrika's answer to ${context.operation} cannot be read: ${what}`, {
    kind: "invalid_answer",
    status,
    bodyMayHaveArrived: context.bodySent(),
    cause,
  });
}
