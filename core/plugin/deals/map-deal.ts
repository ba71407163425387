import type { Leftover } from "../raw-intake.ts";
import type { Contact } from "../source-context.ts";
import { counterOf } from "./counter-of.ts";
import type { Deal } from "./deal.ts";
import { findValue, isSameName } from "./find-value.ts";
import { type DealIdentifiers, identifiersOf } from "./identifiers-of.ts";
import { counterUnknown, pipelineNotMapped, stageIgnored, stageNotMapped, subjectOf } from "./leftovers.ts";
import type { DealMapping } from "./mapping.ts";
import { priceOf } from "./price-of.ts";

/** A conversion of a deal, in the shape of `ConversionInput`. */
export interface DealFact extends DealIdentifiers {
  readonly target: string;
  readonly date_time: string | number;
  readonly purchase_id?: string;
  readonly price?: string;
  readonly currency?: string;
}

/** What a deal becomes: its facts, and what is to be told to the sink beside each of them. */
export interface MappedDeal {
  readonly facts: readonly {
    readonly fact: DealFact;
    /** By which the sink knows the deal whatever its time; the target is part of it anyway. */
    readonly key: string;
    /** Null: the source's own. */
    readonly counterId: number | null;
    readonly contact: Contact | null;
    /** The deal, as {@link Leftover} names it. */
    readonly subject: string;
  }[];
  readonly leftovers: readonly Leftover[];
}

type Target = DealMapping["targets"][number];

/** Turns a deal into conversions as a mapping says: one for each target that its stage has. Pure. */
export function mapDeal(mapping: DealMapping, deal: Deal): MappedDeal {
  const rules = rulesOf(mapping, deal);
  if (rules.length === 0) return { facts: [], leftovers: [leftoverOf(mapping, deal)] };
  const routed = counterOf(mapping.route, deal.fields);
  if (!routed.ok) return { facts: [], leftovers: [counterUnknown(deal, mapping.route?.field ?? "", routed.value)] };
  const shared = {
    key: `${deal.account}\n${deal.kind}\n${deal.id}`,
    counterId: routed.counterId,
    contact: deal.contact.phones.length + deal.contact.emails.length > 0 ? deal.contact : null,
    subject: subjectOf(deal),
  };
  return { facts: rules.map((rule) => ({ fact: factOf(mapping, rule, deal), ...shared })), leftovers: [] };
}

/** Whether a deal's pipeline and stage have a target, whatever else is known of it. */
export function isMapped(mapping: Pick<DealMapping, "targets">, deal: Pick<Deal, "pipeline" | "stage">): boolean {
  return rulesOf(mapping, deal).length > 0;
}

/** The rules that fit a deal's pipeline and stage, the first of each target. */
function rulesOf({ targets }: Pick<DealMapping, "targets">, deal: Pick<Deal, "pipeline" | "stage">): readonly Target[] {
  const fitting = targets.filter(
    (rule) => isOfPipeline(rule, deal) && rule.stages.some((it) => isOneOf(it, deal.stage)),
  );
  return fitting.filter(({ target }, place) => fitting.findIndex((it) => it.target === target) === place);
}

function factOf(mapping: DealMapping, rule: Target, deal: Deal): DealFact {
  const price = priceOf(rule.price ?? mapping.price, mapping.zero_price, deal);
  const purchaseId = mapping.purchase_id === undefined ? null : findValue(deal.fields, [mapping.purchase_id]);
  const currency = mapping.currency ?? deal.currency;
  return {
    ...identifiersOf(mapping, deal),
    ...(purchaseId !== null && { purchase_id: purchaseId }),
    target: rule.target,
    date_time: deal.happenedAt,
    ...(price !== null && { price, ...(currency !== null && { currency }) }),
  };
}

function leftoverOf({ targets, ignore_stages, unmapped_stages }: DealMapping, deal: Deal): Leftover {
  if (!targets.some((rule) => isOfPipeline(rule, deal))) return pipelineNotMapped(deal);
  if (ignore_stages.some((it) => isOneOf(it, deal.stage))) return stageIgnored(deal);
  return stageNotMapped(deal, unmapped_stages === "ignore" ? "nothing" : "person");
}

function isOfPipeline({ pipeline }: Target, deal: Pick<Deal, "pipeline">): boolean {
  return pipeline === undefined || isOneOf(pipeline, deal.pipeline);
}

function isOneOf(name: string, names: readonly string[]): boolean {
  return names.some((it) => isSameName(it, name));
}
