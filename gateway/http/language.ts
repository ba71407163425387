import type { Language } from "../../core/language.ts";

/**
 * Picks Russian or English from an `Accept-Language` header, else the fallback. Regions count as their language
 * ("en-GB" is English), "*" as the fallback, weight 0 as a refusal; of equal weights the first wins.
 * https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 */
export function chooseLanguage(header: string | null | undefined, fallback: Language): Language {
  if (!header) return fallback;
  let chosen = fallback;
  let best = 0;
  for (const part of header.slice(0, 500).split(",")) {
    const match = /^\s*(\*|[a-z]{1,8})(?:-[\w-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/i.exec(part);
    if (match === null) continue;
    const language = languageOf(match[1] as string, fallback);
    const weight = match[2] === undefined ? 1 : Number(match[2]);
    if (language === null || weight <= best) continue;
    chosen = language;
    best = weight;
  }
  return chosen;
}

function languageOf(range: string, fallback: Language): Language | null {
  const name = range.toLowerCase();
  if (name === "*") return fallback;
  return name === "ru" || name === "en" ? name : null;
}
