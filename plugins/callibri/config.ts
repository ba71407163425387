import { dealMapping } from "metrika-gateway/plugin";
import * as v from "valibot";

/**
 * What a source of Callibri is configured with. The `pipeline` of a target is the kind of the event (`call`), its `stages` are statuses of
 * calls, and `lid`, `not_lid`.
 */
export const Config = v.object({
  ...dealMapping({
    // Callibri publishes no name for it; its own ua_client_id is Google's.
    identifiers: {
      client_id: ["ym_client_id", "ym_uid", "_ym_uid", "metrika_client_id", "yandex_client_id"],
      yclid: ["yclid"],
    },
  }),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
