import { type Localized, type Params, render } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";

/** What can be wrong with a field of a request. */
export const fieldSentences = {
  required: { ru: "Это обязательное поле.", en: "This field is required." },
  unknown_field: {
    ru: "Такого поля нет; проверьте, нет ли в имени опечатки.",
    en: "There is no such field; check its spelling.",
  },
  wrong_type: {
    ru: "Ожидается {expected}, а получено: {received}.",
    en: "Expected {expected}, but received: {received}.",
  },
  not_one_of: {
    ru: "Допустимые значения: {allowed}; получено: {received}.",
    en: "Allowed values: {allowed}; received: {received}.",
  },
  too_short: {
    ru: "Слишком короткое значение; наименьшая длина: {limit}.",
    en: "The value is too short; the least length is {limit}.",
  },
  too_long: {
    ru: "Слишком длинное значение; наибольшая длина: {limit}.",
    en: "The value is too long; the greatest length is {limit}.",
  },
  too_small: {
    ru: "Значение {received} меньше допустимого: {limit}.",
    en: "The value {received} is below the least allowed, {limit}.",
  },
  too_large: {
    ru: "Значение {received} больше допустимого: {limit}.",
    en: "The value {received} is above the greatest allowed, {limit}.",
  },
  not_whole: {
    ru: "Ожидается целое число, а получено: {received}.",
    en: "Expected a whole number, but received: {received}.",
  },
  bad_format: { ru: "Неверный формат значения: {received}.", en: "The value is malformed: {received}." },
} satisfies Record<string, Localized>;

/** The names of what was expected, as a sentence needs them. */
export const kindNames = {
  string: { ru: "строка", en: "a string" },
  number: { ru: "число", en: "a number" },
  boolean: { ru: "true или false", en: "true or false" },
  object: { ru: "объект", en: "an object" },
  array: { ru: "массив", en: "an array" },
  other: { ru: "значение другого вида", en: "another kind of value" },
} satisfies Record<string, Localized>;

/** One fault of one field: `field` is a dotted path ("options.time_zone"), `body` for the whole. */
export interface FieldFault {
  readonly field: string;
  readonly code: string;
  readonly sentence: Localized;
  readonly params: Readonly<Record<string, string | number | Localized>>;
}

/** A fault of a known kind. */
export function fieldFault(field: string, code: keyof typeof fieldSentences, params: FieldFault["params"]): FieldFault {
  return { field, code, sentence: fieldSentences[code], params };
}

/** The problem `invalid_field`: its sentence tells the first fault, `errors[]` all of them (`field`, `code`, `message`). */
export function invalidFields(faults: readonly FieldFault[]): ProblemError {
  const [first] = faults;
  if (first === undefined) throw new RangeError("A problem with fields needs a fault");
  const message = { ru: messageOf(first, "ru"), en: messageOf(first, "en") };
  return new ProblemError(
    "invalid_field",
    { field: first.field, message },
    {
      members: (language) => ({
        errors: faults.map((fault) => ({ field: fault.field, code: fault.code, message: messageOf(fault, language) })),
      }),
    },
  );
}

function messageOf(fault: FieldFault, language: "ru" | "en"): string {
  const params: Params = Object.fromEntries(
    Object.entries(fault.params).map(([name, value]) => [name, typeof value === "object" ? value[language] : value]),
  );
  return render(fault.sentence, language, params);
}

/** Whether a field's name says that its value must not be repeated in an answer. */
export function isSecretField(field: string): boolean {
  return /token|secret|password|api_?key|authorization/i.test(field);
}
