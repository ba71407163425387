import { emitDeals, type Leftover, type RawIntake, type SourceContext } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { enrich } from "./enrich.ts";
import { otherAccount } from "./leftovers.ts";
import { type Hook, readHook } from "./read-hook.ts";
import { noNames, toDeal } from "./to-deal.ts";

/** Takes a hook: reads the stages that it tells, asks amoCRM for their leads, and emits their conversions. */
export async function handleHook(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const { config } = source;
  const hook = readHook(await intake.readForm());
  const stranger = strangerOf(hook, config);
  if (stranger !== null) return [otherAccount(stranger, config.domain)];
  const { receivedAt } = intake;
  const { deals, leftovers } = config.enrich
    ? await enrich(source, hook.changes, receivedAt)
    : {
        deals: hook.changes.map((it) =>
          toDeal(it, { domain: config.domain, names: noNames, enrichment: null, receivedAt }),
        ),
        leftovers: [],
      };
  const unmapped = await emitDeals(source, config, deals);
  return [...hook.leftovers, ...leftovers, ...withoutEdits(unmapped, hook)];
}

/** How a hook of another account, or of none, names it; null for the source's own. */
function strangerOf({ account }: Hook, { domain, account_id }: Config): string | null {
  const { subdomain, id } = account;
  const [own] = domain.split(".");
  if (subdomain === null && (id === null || account_id === undefined)) return id ?? "—";
  if (subdomain !== null && subdomain.toLowerCase() !== own) return subdomain;
  return id !== null && account_id !== undefined && id !== account_id ? id : null;
}

/** A person is asked about an unknown stage when a lead comes to it, not at every later edit of the lead. */
function withoutEdits(leftovers: readonly Leftover[], { changes }: Hook): readonly Leftover[] {
  const moved = new Set(changes.filter(({ isMove }) => isMove).map(({ leadId }) => `lead ${leadId}`));
  return leftovers.map((it) =>
    it.code === "stage_not_mapped" && !moved.has(it.subject) ? { ...it, needs: "nothing" } : it,
  );
}
