import * as v from "valibot";
import { MetrikaError } from "./errors.ts";
import { Id64, Quantity, Text } from "./fields.ts";
import type { CallOptions, MetrikaHttp } from "./http.ts";
import { multipartFile, type OnProgress, type UploadFile } from "./multipart-file.ts";

const UploadingAnswer = v.pipe(
  v.object({
    id: Id64,
    status: v.string(),
    comment: Text,
    create_time: Text,
    type: Text,
    client_id_type: Text,
    source_quantity: Quantity,
    line_quantity: Quantity,
    goal_not_found_quantity: Quantity,
    user_not_found_quantity: Quantity,
    linked_quantity: Quantity,
  }),
  v.transform((uploading) => ({
    /** Digits of an int64. */
    id: uploading.id,
    /** One of the documented statuses, or a new one: see `meaningOf`. */
    status: uploading.status,
    comment: uploading.comment ?? "",
    createTime: uploading.create_time,
    type: uploading.type,
    clientIdType: uploading.client_id_type,
    /** Rows in the file, the header not counted; each of these numbers is null where Metrika left it out. */
    sourceQuantity: uploading.source_quantity,
    /** Rows that Metrika took; 0 beside a positive `sourceQuantity` means that it refused them all. */
    lineQuantity: uploading.line_quantity,
    /** The next three are told once the file is processed. */
    goalNotFoundQuantity: uploading.goal_not_found_quantity,
    userNotFoundQuantity: uploading.user_not_found_quantity,
    linkedQuantity: uploading.linked_quantity,
  })),
);
const OneUploadingAnswer = v.object({ uploading: UploadingAnswer });
const UploadingsAnswer = v.object({ uploadings: v.optional(v.array(UploadingAnswer), []) });

/** A file of offline conversions at Metrika. */
export type Uploading = v.InferOutput<typeof UploadingAnswer>;

/** What {@link uploadConversions} sends. */
export interface UploadOptions extends CallOptions {
  readonly counterId: number;
  /** The only thing by which a lost answer can be found again; stored as {@link uploadComment} makes it. */
  readonly comment: string;
  readonly file: UploadFile;
  readonly onProgress?: OnProgress;
}

/**
 * Uploads one CSV file, streaming it. 200 means that Metrika has the file, not that the conversions are counted.
 *
 * The promise rejects with a {@link MetrikaError}. `bodyMayHaveArrived` tells whether the list of uploadings has to be
 * searched for the comment before the file may be sent again: Metrika has no idempotency key.
 */
export async function uploadConversions(
  http: MetrikaHttp,
  options: UploadOptions,
  boundary: string,
): Promise<Uploading> {
  const { counterId, comment, file, onProgress, ...call } = options;
  const body = { kind: "stream", ...multipartFile(file, boundary, onProgress) } as const;
  const path = `/management/v1/counter/${counterId}/offline_conversions/upload`;
  const query = { comment: uploadComment(comment) };
  return (await http({ ...call, method: "POST", path, query, body, answer: OneUploadingAnswer })).uploading;
}

/** Which part of the list. */
export interface ListUploadingsOptions extends CallOptions {
  readonly counterId: number;
  /** Uploadings in one answer. Default 10000. */
  readonly limit?: number;
  /** Position of the first one, counted from **0** (counters are counted from 1). The order is not documented. */
  readonly offset?: number;
}

/** Reads one page of a counter's uploadings. https://yandex.com/dev/metrika/en/management/openapi/offline_conversions/findAll_1 */
export async function listUploadings(http: MetrikaHttp, options: ListUploadingsOptions): Promise<readonly Uploading[]> {
  const { counterId, limit, offset, ...call } = options;
  const path = `/management/v1/counter/${counterId}/offline_conversions/uploadings`;
  return (await http({ ...call, method: "GET", path, query: { limit, offset }, answer: UploadingsAnswer })).uploadings;
}

/**
 * Reads one uploading. An id that Metrika does not know is answered there with 400 `invalid_parameter`; as the id is
 * the only parameter, that is told here as `not_found`.
 */
export async function getUploading(
  http: MetrikaHttp,
  options: CallOptions & { readonly counterId: number; readonly uploadingId: string },
): Promise<Uploading> {
  const { counterId, uploadingId, ...call } = options;
  const path = `/management/v1/counter/${counterId}/offline_conversions/uploading/${encodeURIComponent(uploadingId)}`;
  try {
    return (await http({ ...call, method: "GET", path, answer: OneUploadingAnswer })).uploading;
  } catch (error) {
    if (!(error instanceof MetrikaError) || error.errorType !== "invalid_parameter") throw error;
    throw new MetrikaError(error.message, { ...error, kind: "not_found", code: "metrika_not_found", cause: error });
  }
}

/** A comment as Metrika documents it: digits, Latin and Cyrillic letters, at most 255; everything else is left out. */
export function uploadComment(text: string): string {
  return text.replace(/[^0-9A-Za-zА-Яа-яЁё]/g, "").slice(0, 255);
}
