import {
  type Deal,
  emitDeals,
  type Leftover,
  type RawIntake,
  type SourceContext,
  subjectOf,
} from "metrika-gateway/plugin";
import { createBitrixApi } from "./api.ts";
import type { Config } from "./config.ts";
import { enrich } from "./enrich.ts";
import { entityNotFound, entityNotRead, otherPortal } from "./leftovers.ts";
import { readEntity } from "./read-entity.ts";
import { type Hook, readHook } from "./read-hook.ts";

/** A hook leaves the portal's queue within this time of the change that it tells. */
const FRESH_MS = 10 * 60_000;

/** Takes a hook: asks the portal for the deal or lead that it names, and emits its conversions. */
export async function handleHook(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const { config } = source;
  const hook = readHook(await intake.readForm());
  const stranger = strangerOf(hook, config);
  if (stranger !== null) return [otherPortal(stranger, config.domain)];
  const { changed } = hook;
  if ("code" in changed) return [changed];
  if (!config.entities.includes(changed.entity)) return [entityNotRead(changed)];
  const api = createBitrixApi(source);
  const found = readEntity(changed.entity, await api.get(changed.entity, changed.id), config.text_labels);
  if (found === null) return [entityNotFound(changed)];
  const deals = await enrich(source, api, [found], intake.receivedAt);
  return withoutEdits(await emitDeals(source, config, deals), deals, intake.receivedAt);
}

/** How a hook of another portal, or of none, names it; null for the source's own. */
function strangerOf({ account }: Hook, { domain, member_id }: Config): string | null {
  if (member_id !== undefined && account.memberId !== null)
    return account.memberId === member_id ? null : account.memberId;
  return account.domain === domain ? null : (account.domain ?? "—");
}

/** A person is asked about an unknown stage when a deal comes to it, not at every later edit of the deal. */
function withoutEdits(leftovers: readonly Leftover[], deals: readonly Deal[], receivedAt: Date): readonly Leftover[] {
  const oldest = receivedAt.getTime() - FRESH_MS;
  const resting = deals.filter(({ happenedAt }) => new Date(happenedAt).getTime() < oldest).map(subjectOf);
  return leftovers.map((it) =>
    it.code === "stage_not_mapped" && resting.includes(it.subject) ? { ...it, needs: "nothing" } : it,
  );
}
