import type { IdentifierKind } from "../../conversion/conversion.ts";
import type { SetAsideReason, UnassignedRow } from "../store.ts";
import { BYTES, IDENTIFIER } from "./upload-groups.ts";

/** The columns of {@link UNASSIGNED}. */
export interface UnassignedColumns {
  readonly id: number;
  readonly batch_id: number;
  readonly received_at: number;
  readonly source_id: number;
  readonly workspace_id: number;
  readonly counter_id: number;
  readonly currency: string;
  readonly target: string;
  readonly identifier: IdentifierKind;
  readonly purchase_id: string;
  readonly date_time: number;
  readonly bytes: number;
  readonly set_aside: SetAsideReason | null;
}

/** Rows that want a file, as conversions `c` of batches `b`; a `where` is to follow. */
export const UNASSIGNED = `select c.id, c.batch_id, b.created_at as received_at, c.source_id, c.workspace_id, c.counter_id, c.currency, c.target,
    ${IDENTIFIER} as identifier, c.purchase_id, c.date_time, ${BYTES} as bytes, c.set_aside
  from conversions c join batches b on b.id = c.batch_id`;

/** A row that wants a file, out of its columns. */
export const toUnassigned = (r: UnassignedColumns): UnassignedRow => ({
  id: r.id,
  batchId: r.batch_id,
  receivedAt: r.received_at,
  sourceId: r.source_id,
  workspaceId: r.workspace_id,
  counterId: r.counter_id,
  currency: r.currency,
  target: r.target,
  identifier: r.identifier,
  purchaseId: r.purchase_id,
  dateTime: r.date_time,
  bytes: r.bytes,
  setAside: r.set_aside,
});
