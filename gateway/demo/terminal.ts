/** Colours by meaning. */
type Tone = "plain" | "strong" | "faint" | "good" | "warn" | "bad";

/** Where the demo tells its story: lines that are only ever appended, so that a terminal and a file show the same. */
export interface Terminal {
  /** A line as it is, never wrapped: commands stay ready to paste. */
  line(text?: string, tone?: Tone): void;
  /** A heading with an empty line before it. */
  heading(text: string): void;
  /** Names and values in two aligned columns. */
  fields(pairs: readonly (readonly [name: string, value: string])[]): void;
  /** What happened when: seconds since the step began, a word, and what there is to say about it. */
  event(seconds: number, word: string, text: string, tone: Tone): void;
  /** More about the event above, wrapped; a marker such as "row 7" stands before it. */
  note(text: string, marker?: string, tone?: Tone): void;
}

/** What the output can show. */
export interface TerminalOptions {
  readonly write: (text: string) => void;
  /** Characters in a line; undefined where the output is no terminal. */
  readonly columns: number | undefined;
  readonly colours: boolean;
}

const CODES: Record<Tone, readonly [on: string, off: string]> = {
  plain: ["", ""],
  strong: ["\u001b[1m", "\u001b[22m"],
  faint: ["\u001b[2m", "\u001b[22m"],
  good: ["\u001b[32m", "\u001b[39m"],
  warn: ["\u001b[33m", "\u001b[39m"],
  bad: ["\u001b[31m", "\u001b[39m"],
};

const TIME_WIDTH = 5;
const WORD_WIDTH = 11;
/** Where the text of events and notes begins: "  1.2 s  accepted    …". */
const TEXT_AT = TIME_WIDTH + " s  ".length + WORD_WIDTH + 1;
const NARROWEST = 60;
const WIDEST = 116;

/** Makes a terminal of anything that takes text. */
export function createTerminal({ write, columns, colours }: TerminalOptions): Terminal {
  const width = Math.min(Math.max(columns ?? WIDEST, NARROWEST), WIDEST);
  const paint = (text: string, tone: Tone) => (colours ? CODES[tone][0] + text + CODES[tone][1] : text);
  const put = (text: string) => write(`${text}\n`);

  function hang(lead: string, text: string, tone: Tone): void {
    const [first = "", ...rest] = wrap(text, width - TEXT_AT);
    put(`${lead}${paint(first, tone)}`.trimEnd());
    for (const line of rest) put(" ".repeat(TEXT_AT) + paint(line, tone));
  }

  return {
    line: (text = "", tone = "plain") => put(paint(text, tone)),
    heading(text) {
      put("");
      put(paint(text, "strong"));
    },
    fields(pairs) {
      const longest = Math.max(...pairs.map(([name]) => name.length));
      for (const [name, value] of pairs) put(`  ${paint(name.padEnd(longest), "faint")}  ${value}`);
    },
    event(seconds, word, text, tone) {
      const time = `${seconds.toFixed(1).padStart(TIME_WIDTH)} s  `;
      hang(`${paint(time, "faint")}${paint(word.padEnd(WORD_WIDTH), tone)} `, text, "plain");
    },
    note(text, marker = "", tone = "plain") {
      hang(paint(`${marker.padStart(TEXT_AT - 2)}  `, "faint"), text, tone);
    },
  };
}

/** Colours only for people: on a terminal that knows them, and unless they are not wanted. https://no-color.org */
export function wantsColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
}

/** Breaks a text at its spaces; a word longer than the width keeps a line of its own. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  // Not \s: a non-breaking space that is being shown must stay where it is.
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
