import { dealMapping, secret } from "metrika-gateway/plugin";
import * as v from "valibot";

/**
 * What a source of Mango Office is configured with. The `pipeline` of a target is the direction of a call (`in`, `out`, `internal`), its
 * `stages` are `answered` and `missed`.
 */
export const Config = v.object({
  api: v.optional(
    v.pipe(
      v.object({
        key: v.pipe(
          secret(v.string()),
          v.minLength(8),
          v.title("Unique code of the PBX"),
          v.description("As in Mango's account: Integrations → API connector."),
        ),
        salt: v.pipe(
          secret(v.string()),
          v.minLength(8),
          v.title("Key of signatures"),
          v.description("The same that was given as the secret of this source."),
        ),
      }),
      v.title("Visitors by dynamic numbers"),
      v.description(
        "With it, Mango is asked at the beginning of a call who was shown its number: only so a call has a ClientID. Needs Mango's dynamic call tracking.",
      ),
    ),
  ),
  ...dealMapping({ identifiers: { client_id: ["ya_cid"] } }),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
