const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "'": "\\'" };

/** A text as a value of a TSV file in ClickHouse's style: raw tabs and line feeds only separate. */
export function tsvText(text: string): string {
  return /[\\\t\n']/.test(text) ? text.replace(/[\\\t\n']/g, (character) => ESCAPES[character] ?? character) : text;
}

/** `[1,2]`, for numbers that are given as their digits. */
export function tsvNumbers(numbers: readonly (string | number)[]): string {
  return `[${numbers.join(",")}]`;
}

/** `['a','b']`. */
export function tsvTexts(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${tsvText(text)}'`).join(",")}]`;
}
