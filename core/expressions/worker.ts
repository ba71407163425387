import { parentPort } from "node:worker_threads";
import jsonata from "jsonata";
import type { Answer, Question } from "./messages.ts";

type Compiled = ReturnType<typeof jsonata>;

const MOST_COMPILED = 200;
/** Longest result, in characters of JSON. */
const LONGEST_RESULT = 8_388_608;

const compiled = new Map<string, Compiled>();

function compile(expression: string): Compiled {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const fresh = jsonata(expression);
  if (compiled.size >= MOST_COMPILED) compiled.delete(compiled.keys().next().value as string);
  compiled.set(expression, fresh);
  return fresh;
}

/** JSONata follows any name: of what has no prototype it finds what was sent and nothing else. */
const withoutPrototype = (_: string, value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.assign(Object.create(null), value)
    : value;

/** JSONata's own functions are objects that hold their program. */
const withoutFunctions = (_: string, value: unknown) =>
  typeof value === "object" && value !== null && ("_jsonata_lambda" in value || "_jsonata_function" in value)
    ? undefined
    : value;

const failure = (stage: "syntax" | "evaluation" | "size", error: unknown): Answer => {
  const { message, position } = error as { readonly message?: unknown; readonly position?: unknown };
  return {
    kind: "error",
    stage,
    message: typeof message === "string" ? message : String(error),
    position: typeof position === "number" ? position : null,
  };
};

async function answer({ expression, input }: Question): Promise<Answer> {
  let program: Compiled;
  try {
    program = compile(expression);
  } catch (error) {
    return failure("syntax", error);
  }
  if (input === null) return { kind: "value", value: null };
  try {
    const value = JSON.stringify(await program.evaluate(JSON.parse(input, withoutPrototype)), withoutFunctions);
    if (value === undefined) return { kind: "value", value: null };
    if (value.length > LONGEST_RESULT) return failure("size", { message: `${value.length} characters` });
    return { kind: "value", value };
  } catch (error) {
    return failure("evaluation", error);
  }
}

// One expression after another; it is ended from outside when one takes too long.
const tell = (told: Answer) => parentPort?.postMessage(told);
parentPort?.on("message", async (question: Question) => tell(await answer(question)));
tell({ kind: "ready" });
