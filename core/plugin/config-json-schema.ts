import { type OverrideActionContext, toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";

/**
 * The JSON Schema (2020-12) of what a plugin's sources are configured with, from which a form can be made. A secret is
 * `writeOnly` with the format `password`. Rules that JSON Schema cannot say are left out: the check is then narrower than
 * what is shown.
 */
export function configJsonSchema(config: GenericSchema): Readonly<Record<string, unknown>> {
  const how = { target: "draft-2020-12", typeMode: "input", errorMode: "ignore", overrideAction } as const;
  return { ...toJsonSchema(config, how) };
}

/** The marks of `secret()` and `component()` are ours; a reader knows `writeOnly`. */
function overrideAction({ jsonSchema, valibotAction }: OverrideActionContext) {
  if (valibotAction.type !== "metadata") return null;
  const marked: Readonly<Record<string, unknown>> = { ...jsonSchema };
  const { secret, "x-component": _, ...known } = marked;
  return { ...known, ...(secret === true && { writeOnly: true, format: "password" }) };
}
