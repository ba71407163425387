import type { Deal } from "metrika-gateway/plugin";
import type { StageNames } from "./portal-facts.ts";
import type { CrmEntity } from "./read-entity.ts";

/**
 * A deal or lead at its stage. It came there when the portal says that it was moved; where an old portal does not, when it was last
 * changed.
 */
export function toDeal(found: CrmEntity, domain: string, names: StageNames, receivedAt: Date): Deal {
  const { entity, id, price, currency, fields } = found;
  return {
    ...{ account: domain, kind: entity, id, price, currency, fields, ...names(found) },
    happenedAt: found.movedTime ?? found.modified ?? receivedAt.toISOString(),
    contact: found.reachedBy,
  };
}
