import type { RawIntake } from "../../core/plugin/raw-intake.ts";
import { parseFormBody } from "../http/read-form.ts";
import { decodeUtf8 } from "../http/utf8.ts";

/** A request as its sender makes it. */
export interface SentRequest {
  readonly body?: string | Uint8Array;
  /** The content type. */
  readonly type?: string;
  readonly method?: "GET" | "POST";
  readonly query?: Readonly<Record<string, string>> | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly receivedAt?: Date;
  readonly attempt?: number;
}

/** A kept request for a plugin's `handle`, read by the same readers as in a gateway. */
export function sentRequest({ body = "", type, method = "POST", query, headers, ...given }: SentRequest): RawIntake {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const kept = new Headers(headers);
  if (type !== undefined) kept.set("content-type", type);
  return {
    id: "00000000-0000-7000-8000-000000000002",
    receivedAt: given.receivedAt ?? new Date(),
    attempt: given.attempt ?? 1,
    method,
    query: new URLSearchParams(query),
    headers: kept,
    raw: () => bytes,
    text: () => decodeUtf8(bytes),
    readForm: () => parseFormBody(bytes, type ?? null),
  };
}
