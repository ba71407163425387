import { asList, asRecord, asText, type Leftover } from "metrika-gateway/plugin";
import { leadUnreadable, notAStage, nothingTold } from "./leftovers.ts";

/** A lead at a stage, as a hook or the journal tells it. Ids are digits. */
export interface LeadChange {
  readonly leadId: string;
  readonly statusId: string;
  /** Null in hooks of old accounts. */
  readonly pipelineId: string | null;
  /** Unix seconds; null where it is not told. */
  readonly changedAt: number | null;
  /** False for an edit of a lead that stays where it is. */
  readonly isMove: boolean;
  /** The lead as the hook has it; empty in the journal. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** What one hook tells. */
export interface Hook {
  readonly account: { readonly subdomain: string | null; readonly id: string | null };
  /** One for each stage of a lead that is told, in the order of telling. */
  readonly changes: readonly LeadChange[];
  readonly leftovers: readonly Leftover[];
}

const DIGITS = /^\d{1,20}$/;
const LATEST = 9_999_999_999;

/** The least telling first: `status` says for certain that the stage has changed. */
const STAGE_ACTIONS = ["update", "add", "status"] as const;

/** Reads a hook's form, general or of the Digital Pipeline. Whatever else stands in it is a leftover that needs nobody. */
export function readHook(form: unknown): Hook {
  const { account, ...entities } = asRecord(form);
  const { id, subdomain } = asRecord(account);
  const leftovers: Leftover[] = [];
  const changes = new Map<string, LeadChange>();
  for (const [entity, actions] of Object.entries(entities)) {
    for (const [action, told] of Object.entries(asRecord(actions))) {
      if (entity !== "leads" || !isStageAction(action)) leftovers.push(...othersOf(entity, action, told));
    }
  }
  const leads = asRecord(entities.leads);
  for (const action of STAGE_ACTIONS) {
    for (const told of asList(leads[action])) {
      const change = readChange(action, asRecord(told));
      if (change === null) leftovers.push(leadUnreadable(action));
      // Told by `update` and by `status`, it is one change.
      else changes.set(`${change.leadId} ${change.pipelineId} ${change.statusId}`, change);
    }
  }
  if (changes.size + leftovers.length === 0) leftovers.push(nothingTold());
  return { account: { subdomain: asText(subdomain), id: asText(id) }, changes: [...changes.values()], leftovers };
}

const isStageAction = (action: string) => STAGE_ACTIONS.some((it) => it === action);

function readChange(action: string, entry: Readonly<Record<string, unknown>>): LeadChange | null {
  const [leadId, statusId, pipelineId] = [entry.id, entry.status_id, entry.pipeline_id].map(asText);
  if (!isId(leadId) || !isId(statusId)) return null;
  const oldStatus = asText(entry.old_status_id);
  return {
    ...{ leadId, statusId, entry, pipelineId: isId(pipelineId) ? pipelineId : null },
    changedAt: asSeconds(entry.updated_at) ?? asSeconds(entry.last_modified) ?? asSeconds(entry.date_create),
    isMove: action !== "update" || (oldStatus !== null && oldStatus !== statusId),
  };
}

function othersOf(entity: string, action: string, told: unknown): readonly Leftover[] {
  if (entity !== "leads") return [notAStage(`${entity} ${action}`)];
  return asList(told).map((it) => notAStage(`lead ${idOf(it) ?? "?"} ${action}`));
}

function idOf(told: unknown): string | null {
  const id = asText(asRecord(told).id);
  return isId(id) ? id : null;
}

/** Whether it is an id of amoCRM: it becomes a part of addresses, so nothing else may pass. */
export function isId(id: string | null | undefined): id is string {
  return typeof id === "string" && DIGITS.test(id);
}

/** A time in Unix seconds, as number or text; null for none. */
export function asSeconds(value: unknown): number | null {
  const text = asText(value);
  if (!isId(text)) return null;
  const seconds = Number(text);
  return seconds > 0 && seconds <= LATEST ? seconds : null;
}
