import { dealMapping } from "metrika-gateway/plugin";
import * as v from "valibot";

/** What a source of Tilda is configured with. The `stages` of its targets are forms: their ids or names, `cart`, or `form` for any. */
export const Config = v.object(
  dealMapping({
    identifiers: { client_id: ["ym_client_id", "_ym_uid", "cted.ya_client_id"], yclid: ["yclid"] },
  }),
);

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
