/** What a status of an uploading means to the one who waits for it. */
export interface StatusMeaning {
  /** `waiting`: ask again later. `processed`: at least one row met a visit. `unlinked`: no row did. */
  readonly outcome: "waiting" | "processed" | "unlinked";
  /** False for a status that the documents do not name: keep asking, and tell somebody. */
  readonly known: boolean;
}

/**
 * The documented statuses, in the order in which a file seems to pass them.
 * https://yandex.com/dev/metrika/en/management/openapi/offline_conversions/upload_1
 */
export const uploadingStatuses = {
  PREPARED: { outcome: "waiting", known: true },
  UPLOADED: { outcome: "waiting", known: true },
  EXPORTED: { outcome: "waiting", known: true },
  MATCHED: { outcome: "waiting", known: true },
  PROCESSED: { outcome: "processed", known: true },
  LINKAGE_FAILURE: { outcome: "unlinked", known: true },
} as const satisfies Readonly<Record<string, StatusMeaning>>;

/** A status that the documents name. */
export type UploadingStatus = keyof typeof uploadingStatuses;

const UNKNOWN: StatusMeaning = { outcome: "waiting", known: false };

/** The meaning of any status that Metrika may answer; an unknown one means: keep asking. */
export function meaningOf(status: string): StatusMeaning {
  return Object.hasOwn(uploadingStatuses, status) ? uploadingStatuses[status as UploadingStatus] : UNKNOWN;
}
