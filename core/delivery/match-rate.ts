import { type Language, type Localized, render } from "../language.ts";
import type { MatchCounts } from "../store/store.ts";

/** A match rate as far as it is known: `exact`, within bounds, or not at all. */
export interface MatchRateReport {
  readonly linkage: "exact" | "range" | "unknown";
  /** From 0 to 1, rounded to four places; null unless exact. */
  readonly rate: number | null;
  /** The bounds, rounded outward; null where nothing is known. */
  readonly rateMin: number | null;
  readonly rateMax: number | null;
  readonly message: string;
}

const phrases = {
  unknown: { ru: "нет данных", en: "no data" },
  exact: { ru: "привязано {linked} из {rows} ({percent} %)", en: "{linked} of {rows} linked ({percent} %)" },
  range: { ru: "привязано от {min} до {max} из {rows}", en: "between {min} and {max} of {rows} linked" },
} as const satisfies Record<string, Localized>;

const PLACES = 10_000;

/** Tells counts as a rate, and never more than follows from them. */
export function reportMatchRate(
  { rows, linkedMin, linkedMax }: Pick<MatchCounts, "rows" | "linkedMin" | "linkedMax">,
  language: Language,
): MatchRateReport {
  if (rows === 0) {
    return {
      ...{ linkage: "unknown", rate: null, rateMin: null, rateMax: null },
      message: render(phrases.unknown, language),
    };
  }
  if (linkedMin === linkedMax) {
    const rate = Math.round((linkedMin / rows) * PLACES) / PLACES;
    const percent = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(rate * 100);
    const message = render(phrases.exact, language, { linked: linkedMin, rows, percent });
    return { linkage: "exact", rate, rateMin: rate, rateMax: rate, message };
  }
  return {
    ...{ linkage: "range", rate: null },
    rateMin: Math.floor((linkedMin / rows) * PLACES) / PLACES,
    rateMax: Math.ceil((linkedMax / rows) * PLACES) / PLACES,
    message: render(phrases.range, language, { min: linkedMin, max: linkedMax, rows }),
  };
}
