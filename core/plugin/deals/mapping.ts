import * as v from "valibot";

const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

const decimal = (description: string) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}(?:\.\d{1,20})?$/),
    v.title("Amount"),
    v.description(`${description} As text.`),
    v.examples(["1500.50"]),
  );

const fieldRef = (title: string, description: string) =>
  v.pipe(shortText, v.title(title), v.description(`${description} A field's code, id or name, in any letter case.`));

const fieldRefs = (title: string, description: string, preset: readonly string[] | undefined) => {
  const list = v.pipe(
    v.array(shortText),
    v.maxLength(20),
    v.title(title),
    v.description(
      `${description} Codes, ids or names of fields, in any letter case; the first with a usable value counts, the deal's before its contact's.`,
    ),
  );
  return v.optional(list, preset === undefined ? undefined : [...preset]);
};

/** How a conversion's price is found. */
const PriceRule = v.variant("from", [
  v.pipe(v.object({ from: v.literal("deal") }), v.title("The amount of the deal")),
  v.pipe(
    v.object({
      from: v.literal("field"),
      field: fieldRef("Field", "The field that holds the amount, such as a margin."),
    }),
    v.title("An amount in a field"),
  ),
  v.pipe(
    v.object({ from: v.literal("constant"), amount: decimal("The same amount for each conversion.") }),
    v.title("Always the same amount"),
  ),
  v.pipe(
    v.object({
      from: v.literal("share"),
      percent: v.pipe(
        v.string(),
        v.regex(/^\d{1,3}(?:\.\d{1,4})?$/),
        v.title("Percent"),
        v.description("Of the amount, as text. The result is rounded half up to two digits."),
        v.examples(["32.5"]),
      ),
      field: v.optional(fieldRef("Field", "The field that holds the amount; without it, the amount of the deal.")),
    }),
    v.title("A share of an amount"),
  ),
  v.pipe(v.object({ from: v.literal("none") }), v.title("No price")),
]);

/** How a conversion's price is found, see `price` of {@link dealMapping}. */
export type PriceRule = v.InferOutput<typeof PriceRule>;

const Target = v.object({
  pipeline: v.optional(
    v.pipe(
      shortText,
      v.title("Pipeline"),
      v.description("Its id, code or name, in any letter case; without it, every pipeline."),
    ),
  ),
  stages: v.pipe(
    v.array(shortText),
    v.minLength(1),
    v.maxLength(100),
    v.title("Stages"),
    v.description(
      "Ids, codes or names of stages, in any letter case: a deal that comes to one of them is a conversion.",
    ),
  ),
  target: v.pipe(
    shortText,
    v.title("Goal"),
    v.description("The event identifier of the goal in Metrika, neither its number nor its name."),
    v.examples(["deal_won"]),
  ),
  price: v.optional(
    v.pipe(PriceRule, v.title("Price"), v.description("Where this goal has another price than the others.")),
  ),
});

const Route = v.object({
  field: fieldRef(
    "Field",
    "The field that tells whose conversion it is: a counter's number, a page's address, a word of the list.",
  ),
  counters: v.optional(
    v.pipe(
      v.record(shortText, v.pipe(v.number(), v.integer(), v.minValue(1))),
      v.title("Counters"),
      v.description(
        "The counter for each value of the field; a host (`shop.example`) stands for every address of its pages.",
      ),
    ),
  ),
  without_value: v.optional(
    v.pipe(
      v.picklist(["set_aside", "own_counter"]),
      v.title("Deals where the field is empty"),
      v.description("`set_aside`: they wait for a person. `own_counter`: they go to the counter of the source."),
    ),
    "set_aside",
  ),
});

/** What an adapter knows of its CRM beforehand. */
export interface MappingPresets {
  /** Fields in which this CRM keeps identifiers, looked at unless the config names others. */
  readonly identifiers?: { readonly [Kind in "client_id" | "yclid" | "user_id"]?: readonly string[] };
}

/**
 * The entries of a plugin's config that say which deals are which conversions: `v.object({ domain, ...dealMapping() })`. Everything
 * that differs between two companies with one CRM stands here, and none of it in code.
 */
export function dealMapping(presets: MappingPresets = {}) {
  const { identifiers = {} } = presets;
  return {
    targets: v.pipe(
      v.array(Target),
      v.minLength(1),
      v.maxLength(200),
      v.title("Goals by stage"),
      v.description("Every line that fits a deal's pipeline and stage makes a conversion of its goal."),
    ),
    ignore_stages: v.optional(
      v.pipe(
        v.array(shortText),
        v.maxLength(500),
        v.title("Stages that are no news"),
        v.description("Ids, codes or names of stages that become no conversion and need no attention."),
      ),
      [],
    ),
    unmapped_stages: v.optional(
      v.pipe(
        v.picklist(["set_aside", "ignore"]),
        v.title("Other stages of these pipelines"),
        v.description(
          "`set_aside`: what is told of them waits for a person, who maps the stage or lists it as no news. `ignore`: it is kept for a while and needs nobody. Pipelines that no line names are always ignored.",
        ),
      ),
      "set_aside",
    ),
    identifiers: v.optional(
      v.pipe(
        v.object({
          client_id: fieldRefs("ClientID", "Metrika's visitor id, from the cookie `_ym_uid`.", identifiers.client_id),
          yclid: fieldRefs("yclid", "The click id of Yandex Direct.", identifiers.yclid),
          user_id: fieldRefs(
            "UserID",
            "The site's own visitor id, as given to Metrika by `setUserID`.",
            identifiers.user_id,
          ),
        }),
        v.title("Identifiers"),
        v.description("The fields that tell who the visitor was."),
      ),
      {},
    ),
    price: v.optional(
      v.pipe(
        PriceRule,
        v.title("Price"),
        v.description(
          "Choose revenue or profit and stay with it: Metrika adds up what it is given, and a strategy of Direct learns from it.",
        ),
      ),
      { from: "deal" },
    ),
    zero_price: v.optional(
      v.pipe(
        v.picklist(["absent", "sent"]),
        v.title("An amount of 0"),
        v.description(
          "`absent`: a deal of 0 has no price, as where nobody has filled it in. `sent`: 0 is sent, which takes back a price sent before.",
        ),
      ),
      "absent",
    ),
    currency: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[A-Z]{3}$/),
        v.title("Currency"),
        v.description("ISO 4217, in place of the CRM's."),
        v.examples(["RUB"]),
      ),
    ),
    purchase_id: v.optional(
      fieldRef(
        "Purchase id",
        "Only where the same id was sent to Metrika by the site as an e-commerce purchase; a deal's number was not.",
      ),
    ),
    route: v.optional(
      v.pipe(
        Route,
        v.title("Several counters"),
        v.description("Where one CRM serves several sites. A value that leads to no counter sets the deal aside."),
      ),
    ),
  };
}

const Mapping = v.object(dealMapping());

/** What {@link dealMapping} reads. */
export type DealMapping = v.InferOutput<typeof Mapping>;
