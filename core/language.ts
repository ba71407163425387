/** The languages every sentence of the product exists in; Russian is the default. */
export type Language = "ru" | "en";

/** One sentence in both languages; `{name}` marks a blank that {@link render} fills. */
export interface Localized {
  readonly ru: string;
  readonly en: string;
}

/** Values for the blanks of a sentence, by the blank's name. */
export type Params = Readonly<Record<string, string | number>>;

const BLANK = /\{(\w+)\}/g;

/** Fills the blanks of a sentence. A blank without a value stays visible as `{name}`: a test walks all sentences for it. */
export function render(sentence: Localized, language: Language, params: Params = {}): string {
  return sentence[language].replace(BLANK, (blank, name: string) => String(params[name] ?? blank));
}

/** The names of the blanks that a sentence has in one language. */
export function blanksOf(text: string): string[] {
  return [...text.matchAll(BLANK)].map((match) => match[1] as string);
}

/** Shortens a value received from outside for use in a sentence: control characters become visible, length at most 80. */
export function quoteValue(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const visible = text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  // After the cut: it may have halved a surrogate pair.
  return (visible.length > 80 ? `${visible.slice(0, 79)}…` : visible).toWellFormed();
}
