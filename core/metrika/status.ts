import type { Localized } from "../language.ts";

/** What a status of an uploading means to the one who waits for it. */
export interface StatusMeaning {
  /** `waiting`: ask again later. `processed`: at least one row met a visit. `unlinked`: no row did. */
  readonly outcome: "waiting" | "processed" | "unlinked";
  /** False for a status that the documents do not name: keep asking, and tell somebody. */
  readonly known: boolean;
  readonly sentence: Localized;
}

/**
 * The documented statuses, in the order in which a file seems to pass them.
 * https://yandex.com/dev/metrika/en/management/openapi/offline_conversions/upload_1
 */
export const uploadingStatuses = {
  PREPARED: waiting("Метрика подготовила файл к загрузке.", "Metrika has prepared the file."),
  UPLOADED: waiting("Метрика получила файл.", "Metrika has received the file."),
  EXPORTED: waiting("Метрика передала файл в обработку.", "Metrika has passed the file on for processing."),
  MATCHED: waiting("Метрика сопоставила идентификаторы посетителей.", "Metrika has matched the visitors' identifiers."),
  PROCESSED: {
    outcome: "processed",
    known: true,
    sentence: { ru: "Метрика обработала файл.", en: "Metrika has processed the file." },
  },
  LINKAGE_FAILURE: {
    outcome: "unlinked",
    known: true,
    sentence: {
      ru: "Метрика обработала файл, но не нашла визита ни для одной строки.",
      en: "Metrika has processed the file, but found no visit for any row.",
    },
  },
} as const satisfies Readonly<Record<string, StatusMeaning>>;

/** A status that the documents name. */
export type UploadingStatus = keyof typeof uploadingStatuses;

const UNKNOWN: StatusMeaning = {
  outcome: "waiting",
  known: false,
  sentence: {
    ru: "Метрика сообщила неизвестный статус файла; шлюз продолжает следить за ним.",
    en: "Metrika gave the file a status that is not documented; the gateway keeps watching it.",
  },
};

/** The meaning of any status that Metrika may answer; an unknown one means: keep asking. */
export function meaningOf(status: string): StatusMeaning {
  return Object.hasOwn(uploadingStatuses, status) ? uploadingStatuses[status as UploadingStatus] : UNKNOWN;
}

function waiting(ru: string, en: string): StatusMeaning {
  return { outcome: "waiting", known: true, sentence: { ru, en } };
}
