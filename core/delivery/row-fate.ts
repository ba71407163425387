import type { Params } from "../language.ts";
import type { BatchRow } from "../store/store.ts";
import type { RowDetail } from "./sentences.ts";
import { isUnsent } from "./upload-state.ts";

/** The fate of one row: the specified status, the finer truth, and the values of its sentence. */
export interface RowFate {
  readonly status: "pending" | "processed" | "error";
  readonly detail: RowDetail;
  readonly params: Params;
}

/** Whether a row still waits in a file that should have gone by now, at least for the first of its rows. */
export const isLate = ({ upload }: BatchRow): boolean =>
  upload !== null && upload.lateAt !== null && isUnsent(upload.state);

/**
 * What can truly be said of one row. Metrika tells a file's outcome only in numbers: a row is linked for certain only when
 * all rows of its file are, and not linked only when none is.
 */
export function fateOf(row: BatchRow): RowFate {
  const target = row.conversion?.target ?? "";
  if (row.kind === "rejected") return { status: "error", detail: "rejected", params: {} };
  if (row.upload === null) {
    switch (row.setAside) {
      case "waiting_goal":
        return { status: "pending", detail: "waiting_goal", params: { target } };
      case "goal_not_found":
        return { status: "error", detail: "goal_not_found", params: { target } };
      case "cancelled":
        return { status: "error", detail: "cancelled", params: {} };
      case "delivery_paused":
        return { status: "pending", detail: "delivery_paused", params: {} };
      default:
        return { status: "pending", detail: "queued", params: {} };
    }
  }
  const { state, credentialPaused, errorCode, metrikaStatus, linkedQuantity, rows } = row.upload;
  switch (state) {
    case "filling":
    case "planned":
      return { status: "pending", detail: credentialPaused ? "waiting_token" : "queued", params: {} };
    case "sending":
      return { status: "pending", detail: "sending", params: {} };
    case "uncertain":
      return { status: "pending", detail: errorCode === "held_for_person" ? "held" : "answer_lost", params: {} };
    case "sent":
      return { status: "pending", detail: "sent", params: {} };
    case "processing":
      return { status: "pending", detail: "processing", params: {} };
    case "failed":
      return { status: "error", detail: "failed", params: {} };
    case "completed": {
      if (metrikaStatus === "LINKAGE_FAILURE" || linkedQuantity === 0) {
        return { status: "processed", detail: "not_linked", params: {} };
      }
      if (row.sentTime !== null && row.sentTime === row.conversion?.dateTime) {
        return { status: "processed", detail: "second_shared", params: {} };
      }
      if (linkedQuantity === null) return { status: "processed", detail: "linked_unknown", params: {} };
      if (linkedQuantity === rows) return { status: "processed", detail: "linked", params: {} };
      return { status: "processed", detail: "linked_n_of_m", params: { linked: linkedQuantity, rows } };
    }
  }
}
