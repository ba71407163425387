import { asRecord, asText, type Leftover } from "metrika-gateway/plugin";
import type { Entity } from "./config.ts";
import { entityUnreadable, notAChange, nothingTold } from "./leftovers.ts";

/** What one hook tells: that a deal or lead was made or changed, and nothing more of it. */
export interface Hook {
  readonly account: { readonly domain: string | null; readonly memberId: string | null };
  /** Or why there is nothing to ask for. */
  readonly changed: { readonly entity: Entity; readonly id: string } | Leftover;
}

const ENTITY_OF: ReadonlyMap<string, Entity> = new Map([
  ["ONCRMDEALADD", "deal"],
  ["ONCRMDEALUPDATE", "deal"],
  ["ONCRMLEADADD", "lead"],
  ["ONCRMLEADUPDATE", "lead"],
]);

/**
 * Reads the form of an outgoing webhook or of an application. Addresses and tokens in it are looked at by nobody.
 * https://apidocs.bitrix24.ru/api-reference/events/index.html
 */
export function readHook(form: unknown): Hook {
  const { event: named, data, auth } = asRecord(form);
  const { domain, member_id } = asRecord(auth);
  const event = asText(named);
  const account = { domain: asText(domain)?.toLowerCase() ?? null, memberId: asText(member_id)?.toLowerCase() ?? null };
  if (event === null) return { account, changed: nothingTold };
  const entity = ENTITY_OF.get(event.toUpperCase());
  if (entity === undefined) return { account, changed: notAChange(event) };
  const id = asText(asRecord(asRecord(data).FIELDS).ID);
  return { account, changed: isId(id) ? { entity, id } : entityUnreadable(event) };
}

/** Whether it is an id of Bitrix24, and not the 0 that stands for none. It becomes a part of requests, so nothing else may pass. */
export function isId(id: string | null | undefined): id is string {
  return typeof id === "string" && /^[1-9]\d{0,19}$/.test(id);
}
