import { dealMapping } from "metrika-gateway/plugin";
import * as v from "valibot";

/**
 * What a source of UIS is configured with. The `pipeline` of a target is the direction of a call (`in`, `out`), its `stages` are events of
 * UIS (`call_finished`), tags, and `answered`, `missed`, `first`, `repeated`, `first_answered`.
 */
export const Config = v.object({
  secret_in: v.optional(
    v.pipe(
      v.picklist(["address", "template"]),
      v.title("Where the secret stands"),
      v.description(
        "`address`: at the end of the address; a notification that is no JSON is kept, and the fault is told. `template`: in the field `secret` of the template; the address holds none, and a notification that is no JSON is refused.",
      ),
    ),
    "address",
  ),
  ...dealMapping({
    identifiers: { client_id: ["ym_client_id", "visitor_ym_client_id", "yandex_client_id"], yclid: ["yclid"] },
  }),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
