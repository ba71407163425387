import qs from "qs";
import { type Localized, quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";

/** amoCRM nests seven levels deep. */
const MOST_LEVELS = 12;
/** amoCRM sends more than a thousand for a deal with many fields. */
export const MOST_FIELDS = 5000;
/** Indexes from here on may be ids of entities, as in amoCRM's `linked_leads_id[9982719][ID]`. */
const INDEX_OR_ID = 1000;
/** A form is parsed at once, while everybody waits; in characters. */
const LONGEST_FORM = 4_194_304;

/** Why a form is not taken. */
export const causes = {
  too_long: {
    ru: `Она длиннее ${LONGEST_FORM} символов.`,
    en: `It is longer than ${LONGEST_FORM} characters.`,
  },
  too_many: {
    ru: `В ней больше ${MOST_FIELDS} полей; разделите её на несколько запросов.`,
    en: `It has more than ${MOST_FIELDS} fields; split it into several requests.`,
  },
  too_deep: {
    ru: `В имени поля больше ${MOST_LEVELS} пар скобок.`,
    en: `A field's name has more than ${MOST_LEVELS} pairs of brackets.`,
  },
} satisfies Record<string, Localized>;

const notUtf8 = (field: string): Localized => ({
  ru: `Поле «${field}» закодировано не в UTF-8.`,
  en: `The field "${field}" is not encoded in UTF-8.`,
});

/**
 * Parses `application/x-www-form-urlencoded` with brackets, `leads[0][id]=1`, by qs. Objects have no prototype, and nothing
 * is lost without a word, as qs by its defaults loses what is deeper than five levels or comes after a thousand fields.
 *
 * Lists are made afterwards, of objects whose indexes are marked until then: Bun keeps an array or object with the index
 * 999 as long as that, and 5000 fields such as `a[999][999]…` took 440 MB and a second of everybody's time (measured).
 * @throws {ProblemError} `malformed_form`
 */
export function parseForm(text: string): Readonly<Record<string, unknown>> {
  if (text.length > LONGEST_FORM) throw malformedForm(causes.too_long);
  if (countFields(text) > MOST_FIELDS) throw malformedForm(causes.too_many);
  let field = "";
  const markIndexes = createMarkIndexes();
  try {
    const parsed = qs.parse(text, {
      depth: MOST_LEVELS,
      strictDepth: true,
      parseArrays: false,
      parameterLimit: Number.POSITIVE_INFINITY,
      plainObjects: true,
      decoder(part, _default, _charset, kind) {
        if (kind !== "key") return decodePart(part, field);
        field = part;
        return markIndexes(decodePart(part, field));
      },
    });
    return withLists(parsed) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    // qs throws it for one thing only, given these limits.
    if (cause instanceof RangeError) throw malformedForm(causes.too_deep, cause);
    throw cause;
  }
}

/** The refusal of a body that is no form, or more of it than is taken. */
export function malformedForm(reason: Localized, cause?: unknown): ProblemError {
  return new ProblemError("malformed_form", { cause: reason }, { cause });
}

/** Stands before an index while qs is at work; no name that people use begins with it. */
const INDEX = "\u0000";

/** Marks the indexes of a name, and gives one to `ids[]`, which says "the next one". */
function createMarkIndexes(): (name: string) => string {
  const used = new Map<string, number>();
  return (name) =>
    name.replace(/\[(0|[1-9]\d{0,8}|)\]/g, (_, index: string, at: number) => {
      if (index !== "") return `[${INDEX}${index}]`;
      const list = name.slice(0, at);
      const next = used.get(list) ?? 0;
      used.set(list, next + 1);
      return `[${INDEX}${next}]`;
    });
}

/** Objects of indexes alone become lists, without their gaps; elsewhere an index is a name. */
function withLists(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withLists);
  const fields = Object.entries(value).map(([name, field]) => [name, withLists(field)] as const);
  const isIndexed = fields.length > 0 && fields.every(([name]) => name.startsWith(INDEX));
  if (isIndexed) {
    const byIndex = fields.map(([name, field]) => [Number(name.slice(INDEX.length)), field] as const);
    byIndex.sort(([one], [other]) => one - other);
    const last = byIndex.at(-1)?.[0] ?? 0;
    if (last < INDEX_OR_ID || last === fields.length - 1) return byIndex.map(([, field]) => field);
  }
  const named: Record<string, unknown> = Object.create(null);
  for (const [name, field] of fields) named[name.startsWith(INDEX) ? name.slice(INDEX.length) : name] = field;
  return named;
}

function countFields(text: string): number {
  let fields = 1;
  for (let at = text.indexOf("&"); at !== -1 && fields <= MOST_FIELDS; at = text.indexOf("&", at + 1)) fields++;
  return fields;
}

/** A percent sign that begins no byte stands for itself: https://url.spec.whatwg.org/#percent-decode */
function decodePart(part: string, field: string): string {
  const spaced = part.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  const encoded = spaced.replace(/%(?![\da-f]{2})/gi, "%25");
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw malformedForm(notUtf8(quoteValue(field)), cause);
  }
}
