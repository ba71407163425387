import { asList, asRecord, asText, type SourceContext } from "metrika-gateway/plugin";
import type { AmoApi } from "./api.ts";

/** How amoCRM has the hook that is sent to this source. */
export type OwnHook = "enabled" | "disabled" | "missing";

/**
 * Looks for this source's hook among those of the account; it is known by the source's id in its address. Hooks of the Digital Pipeline
 * are not among them.
 */
export async function ownHook(source: Pick<SourceContext<unknown>, "id">, api: AmoApi): Promise<OwnHook> {
  const { _embedded } = asRecord(await api.get("/webhooks"));
  const hooks = asList(asRecord(_embedded).webhooks).map(asRecord);
  const own = hooks.filter(({ destination }) => asText(destination)?.includes(`/${source.id}/`));
  if (own.length === 0) return "missing";
  return own.some(({ disabled }) => disabled !== true) ? "enabled" : "disabled";
}
