import { z } from "@hono/zod-openapi";
import { quoteValue } from "../../core/language.ts";
import type { ProblemError } from "../../core/plugin/problem.ts";
import { deadLetterReasons } from "../../core/store/port/dead-letters.ts";
import type { AuditPlace, DeadLetterGroupCursor } from "../../core/store/store.ts";
import { fieldFault, invalidFields } from "./field-faults.ts";

/** The query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50).openapi({ description: "Rows on a page" }),
  cursor: z.string().optional().openapi({ description: "`next_cursor` of the page before" }),
};

/** An opaque cursor of a position. */
export function encodeCursor(position: number | null): string | null {
  return position === null ? null : Buffer.from(`p${position}`).toString("base64url");
}

/** @throws {ProblemError} `invalid_field` for a cursor that was not given by us */
export function decodeCursor(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === "") return null;
  const position = /^p(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString("latin1"))?.[1];
  if (position === undefined) throw invalidCursor(cursor);
  return Number(position);
}

function invalidCursor(cursor: string): ProblemError {
  return invalidFields([fieldFault("cursor", "bad_format", { received: quoteValue(cursor) })]);
}

/** An opaque cursor of a group of dead letters. */
export function encodeGroupCursor(place: DeadLetterGroupCursor | null): string | null {
  if (place === null) return null;
  return Buffer.from(`g${place.at}.${place.key}.${place.reason}`).toString("base64url");
}

/** @throws {ProblemError} `invalid_field` for a cursor that was not given by us */
export function decodeGroupCursor(cursor: string | undefined): DeadLetterGroupCursor | null {
  if (cursor === undefined || cursor === "") return null;
  const [, at, key, given] =
    /^g(\d{1,15})\.(\d{1,15})\.(\w+)$/.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  const reason = deadLetterReasons.find((one) => one === given);
  if (reason === undefined) throw invalidCursor(cursor);
  return { at: Number(at), key: Number(key), reason };
}

/** An opaque cursor of an event of the audit. */
export function encodeAuditCursor(place: AuditPlace | null): string | null {
  return place === null ? null : Buffer.from(`a${place.at}.${place.id}`).toString("base64url");
}

/** @throws {ProblemError} `invalid_field` for a cursor that was not given by us */
export function decodeAuditCursor(cursor: string | undefined): AuditPlace | null {
  if (cursor === undefined || cursor === "") return null;
  const [, at, id] = /^a(\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (at === undefined || id === undefined) throw invalidCursor(cursor);
  return { at: Number(at), id: Number(id) };
}
