import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Asks a person at the terminal, or takes the lines of a pipe as answers. */
export interface Questions {
  /** @throws {Error} when the input has ended */
  ask(question: string): Promise<string>;
  /** The same without showing what is typed. */
  askSecret(question: string): Promise<string>;
  close(): void;
}

/** Questions go to standard error, since standard output is for results. */
export function createQuestions(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
): Questions {
  let isSilent = false;
  const echo = new Writable({
    write(piece, _, done) {
      if (!isSilent) output.write(piece);
      done();
    },
  });
  const lines = createInterface({ input, output: echo, terminal: input.isTTY });
  const typed = lines[Symbol.asyncIterator]();

  async function next(question: string): Promise<string> {
    output.write(`${question}: `);
    const { value, done } = await typed.next();
    if (done) throw new Error("The input ended before this was answered.");
    return value.trim();
  }

  return {
    ask: next,
    async askSecret(question) {
      isSilent = true;
      try {
        return await next(question);
      } finally {
        isSilent = false;
        output.write("\n");
      }
    },
    close: () => lines.close(),
  };
}
