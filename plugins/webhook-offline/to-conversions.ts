import { type Localized, ProblemError, quoteValue } from "metrika-gateway/plugin";

const LIKE_A_CONVERSION = ["target", "date_time", "client_id", "user_id", "yclid", "purchase_id"];

/**
 * The rows of a webhook's body `{"conversions": […]}`; the rows themselves are judged later, one by one.
 * @throws {ProblemError} `conversions_missing` (saying what came instead), `conversions_empty`, `too_many_conversions`
 */
export function toConversions(body: unknown, limit: number): readonly unknown[] {
  const rows = isObject(body) ? body.conversions : undefined;
  if (!Array.isArray(rows)) throw new ProblemError("conversions_missing", { found: whatCame(body) });
  if (rows.length === 0) throw new ProblemError("conversions_empty");
  if (rows.length > limit) throw new ProblemError("too_many_conversions", { count: rows.length, limit });
  return rows;
}

function whatCame(body: unknown): Localized {
  if (Array.isArray(body)) {
    return {
      ru: "Пришёл массив без обёртки: поместите его в поле «conversions».",
      en: 'A bare array came: put it into the field "conversions".',
    };
  }
  if (!isObject(body)) {
    return { ru: "Пришло значение другого вида, а не объект.", en: "A value of another kind came, not an object." };
  }
  if (isObject(body.conversions)) {
    return {
      ru: "В «conversions» стоит один объект: заключите его в квадратные скобки.",
      en: 'The field "conversions" holds one object: put it into square brackets.',
    };
  }
  if ("conversions" in body) {
    return { ru: "Поле «conversions» — не массив.", en: 'The field "conversions" is not an array.' };
  }
  if (LIKE_A_CONVERSION.some((name) => name in body)) {
    return {
      ru: 'Пришла одна конверсия без обёртки: отправьте {"conversions": [{…}]}.',
      en: 'A single bare conversion came: send {"conversions": [{…}]}.',
    };
  }
  const names = Object.keys(body).slice(0, 5).map(quoteValue).join(", ");
  if (names === "") return { ru: "Пришёл пустой объект.", en: "An empty object came." };
  return { ru: `Поля «conversions» нет; пришли поля: ${names}.`, en: `There is no such field; these came: ${names}.` };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
