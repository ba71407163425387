import jsonata from "jsonata";
import * as v from "valibot";
import { Proof } from "./proof.ts";

/** Says where an expression cannot be read; the text alone, since parsing runs nothing of it. */
const isReadable = v.rawCheck<string>(({ dataset, addIssue }) => {
  if (!dataset.typed) return;
  try {
    jsonata(dataset.value);
  } catch (error) {
    const { message, position } = error as { readonly message?: string; readonly position?: number };
    addIssue({ message: `At character ${position ?? 0}: ${message ?? "the expression cannot be read"}` });
  }
});

const expression = (title: string, description: string) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(20_000), isReadable, v.title(title), v.description(description));

const fields = [
  ["client_id", "ClientID", "Metrika's visitor id"],
  ["user_id", "UserID", "The site's own visitor id"],
  ["yclid", "yclid", "Yandex Direct's click id"],
  ["purchase_id", "Purchase", "The id of a purchase made on the site, as in e-commerce data"],
  ["target", "Goal", 'The event identifier of the goal; a constant stands in quotes: "deal_won"'],
  ["date_time", "Time", "When it happened; without it, when the request came"],
  ["price", "Price", "Revenue"],
  ["currency", "Currency", "ISO 4217"],
  ["key", "Key", "What the same sale always has and no other has, such as the deal's number: repeats are known by it"],
  ["counter_id", "Counter", "Where it is not the source's own"],
  ["phone", "Phone", "For a sale without an identifier, see match_by_contact"],
  ["email", "E-mail", "For a sale without an identifier, see match_by_contact"],
  ["skip", "Skip", "A text that says why this is no conversion; nothing where it is one"],
] as const;

/** The words that a mapping may give of one conversion. */
export type MappedField = (typeof fields)[number][0];

const Fields = v.object({
  by: v.literal("fields"),
  each: v.optional(
    expression(
      "Each",
      "Where the list of conversions stands, such as body.orders; without it the request is one conversion, with body, query and headers at hand",
    ),
  ),
  fields: v.pipe(
    v.strictObject(
      Object.fromEntries(
        fields.map(([name, title, description]) => [name, v.optional(expression(title, description))]),
      ) as { [Name in MappedField]: v.OptionalSchema<ReturnType<typeof expression>, undefined> },
    ),
    v.check((given) => given.target !== undefined, "fields.target is missing: say which goal it is"),
    v.title("Fields"),
    v.description("A JSONata expression for each field"),
  ),
});

const Whole = v.object({
  by: v.literal("expression"),
  expression: expression(
    "Expression",
    "JSONata that gives an object or a list of objects with the fields client_id, user_id, yclid, purchase_id, target, date_time, price, currency, key, counter_id, phone, email, skip",
  ),
});

/** What a source is configured with. */
export const Config = v.object({
  proof: v.optional(v.pipe(Proof, v.title("How the sender proves itself")), { by: "header" }),
  mapping: v.pipe(
    v.variant("by", [
      v.pipe(Fields, v.title("A field at a time")),
      v.pipe(Whole, v.title("One expression for everything")),
    ]),
    v.title("Mapping"),
    v.description("How a request becomes conversions. Expressions see body, query, headers and received_at."),
  ),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;

/** The one expression that a mapping comes to. */
export function expressionOf({ mapping }: Config): string {
  if (mapping.by === "expression") return mapping.expression;
  const pairs = Object.entries(mapping.fields).map(([name, text]) => `"${name}": (${text})`);
  const one = `{${pairs.join(", ")}}`;
  return mapping.each === undefined ? one : `[(${mapping.each}).${one}]`;
}
