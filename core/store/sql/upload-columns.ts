import type { UploadRecord } from "../store.ts";

const COLUMNS: Readonly<Record<keyof UploadRecord, string>> = {
  id: "id",
  uuid: "uuid",
  workspaceId: "workspace_id",
  counterId: "counter_id",
  credentialId: "credential_id",
  currency: "currency",
  target: "target",
  identifier: "identifier",
  uncertainPolicy: "uncertain_policy",
  state: "state",
  rows: "rows",
  deadline: "deadline",
  lateAt: "late_at",
  replayOf: "replay_of",
  nextAttemptAt: "next_attempt_at",
  attempts: "attempts",
  requestEndedAt: "request_ended_at",
  completeLists: "complete_lists",
  metrikaUploadId: "metrika_upload_id",
  metrikaStatus: "metrika_status",
  sourceQuantity: "source_quantity",
  lineQuantity: "line_quantity",
  linkedQuantity: "linked_quantity",
  goalNotFoundQuantity: "goal_not_found_quantity",
  userNotFoundQuantity: "user_not_found_quantity",
  errorCode: "error_code",
  errorText: "error_text",
  createdAt: "created_at",
  sentAt: "sent_at",
  settledAt: "settled_at",
  updatedAt: "updated_at",
};

/** The column of a field of an upload. */
export const uploadColumn = (field: keyof UploadRecord): string => COLUMNS[field];

/** An upload's record, as the columns of a `select` or `returning`; `of` is the table's name in that statement, or its alias. */
export const uploadRecord = (of: string): string =>
  Object.entries(COLUMNS)
    .map(([field, column]) => `${of}.${column} as "${field}"`)
    .join(", ");
