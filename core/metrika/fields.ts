import * as v from "valibot";

/** A whole number in JSON, as `parseExactJson` hands it over: a number while exact, else its digits. */
const WholeNumber = v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^-?\d+$/))]);

/** An int64 or UInt64 id, kept as its digits: it may exceed 2^53. */
export const Id64 = v.pipe(
  WholeNumber,
  v.transform((value) => String(value)),
);

/** A count; absent or null counts as 0. */
export const Count = v.optional(v.pipe(v.nullable(WholeNumber), v.transform(Number)), 0);

/** A count of rows that Metrika may not have told (yet): null then. */
export const Quantity = v.optional(v.nullable(v.pipe(WholeNumber, v.transform(Number))), null);

/** A boolean that live answers give as 0 or 1 (https://yandex.ru/dev/metrika/ru/intro/quick-start); null when absent. */
export const Flag = v.optional(
  v.nullable(
    v.pipe(
      v.union([v.boolean(), v.number()]),
      v.transform((value) => value === true || value === 1),
    ),
  ),
  null,
);

/** A text that may be absent. */
export const Text = v.optional(v.nullable(v.string()), null);
