import { dealMapping } from "metrika-gateway/plugin";
import * as v from "valibot";

const parameters = (title: string, description: string, preset: readonly string[]) =>
  v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(255))),
      v.maxLength(20),
      v.title(title),
      v.description(
        `${description} Names of parameters of the hook, in any letter case; the first with a value counts.`,
      ),
    ),
    [...preset],
  );

/**
 * What a source of Calltouch is configured with. The `pipeline` of a target is what the hook is about (`call`, `deal`), its `stages` are
 * statuses and tags, and `unique`, `repeated`, `unique_successful`, `target`, `unique_target`.
 */
export const Config = v.object({
  ...dealMapping({
    // The hook's own name of it is not published; Calltouch's API calls it yaClientId.
    identifiers: {
      client_id: ["yaClientId", "ya_client_id", "yandex_client_id", "ym_client_id", "_ym_uid"],
      yclid: ["yclid"],
    },
  }),
  parameters: v.optional(
    v.pipe(
      v.object({
        id: parameters("Id", "What tells one call, request or deal from all others.", ["id", "callid", "call_id"]),
        time: parameters("Time", "When it began, in the source's zone; without it, the receipt counts.", ["calltime"]),
        stage: parameters("Stage", "What stages are named by.", ["status", "tags", "calltags"]),
        price: parameters("Amount", "Of a deal.", ["sum", "ordersum", "order_sum"]),
      }),
      v.title("Parameters"),
      v.description("Which parameter holds what, where your hooks call it otherwise."),
    ),
    {},
  ),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
