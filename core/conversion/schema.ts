import * as v from "valibot";
import { LONGEST_IDENTIFIER } from "./identifier-faults.ts";
import { LONGEST_TARGET } from "./target.ts";

const ISO_OR_UNIX =
  /^(?:\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?|\d{9,10}(?:\.\d+)?)$/;

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

function identifier(pattern: RegExp | null, description: string, example: string) {
  const text = v.pipe(v.string(), v.maxLength(LONGEST_IDENTIFIER));
  return v.pipe(
    v.nullish(v.union([pattern === null ? text : v.pipe(text, v.regex(pattern)), wholeNumber])),
    v.description(description),
    v.examples([example]),
  );
}

/**
 * One conversion as a webhook receives it, for the OpenAPI document. It describes; `normaliseConversion` decides, and is
 * stricter where a schema has no words (real dates, known currencies, one identifier at least). Every row that it accepts
 * matches this schema.
 */
export const ConversionInput = v.pipe(
  v.looseObject({
    client_id: identifier(
      /^(?:\d+(?:\.\d+)?)?$/,
      "Metrika's visitor id (ClientID): digits, from the cookie `_ym_uid` or `getClientID`. Send it as a string. At least one of the four identifiers is required.",
      "1234567890.1234567890",
    ),
    user_id: identifier(
      null,
      "The site's own visitor id, as given to Metrika by `setUserID`. Not an e-mail address or a phone number.",
      "customer-42",
    ),
    yclid: identifier(/^\d*$/, "The Yandex Direct click id from the address of the landing page.", "4398046511104"),
    purchase_id: identifier(null, "The id of a purchase made on the site, as in e-commerce data.", "order123"),
    target: v.pipe(
      v.union([v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST_TARGET)), wholeNumber]),
      v.description("The event identifier of the goal, neither its number nor its name."),
      v.examples(["purchase"]),
    ),
    date_time: v.pipe(
      v.union([v.pipe(v.string(), v.regex(ISO_OR_UNIX)), v.pipe(v.number(), v.minValue(946_684_800))]),
      v.description(
        "When it happened: ISO 8601 with or without an offset (without: the webhook's time zone), or Unix seconds. At most 15 seconds ahead.",
      ),
      v.examples(["2025-07-01T12:34:56"]),
    ),
    price: v.pipe(
      v.nullish(v.union([v.pipe(v.number(), v.minValue(0)), v.pipe(v.string(), v.regex(/^(?:\d+(?:\.\d+)?)?$/))])),
      v.description(
        "Revenue: a number or a decimal string, not below zero. A later row with another price corrects it; 0 takes it back.",
      ),
      v.examples([1500]),
    ),
    currency: v.pipe(
      v.nullish(v.string()),
      v.description("ISO 4217; without it, the webhook's default currency."),
      v.examples(["RUB"]),
    ),
  }),
  v.title("Conversion"),
);

/** See {@link ConversionInput}. */
export type ConversionInput = v.InferInput<typeof ConversionInput>;
