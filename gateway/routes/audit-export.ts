import { stringify } from "csv-stringify/sync";
import type { Language } from "../../core/language.ts";
import type { AuditEvent } from "../../core/store/store.ts";
import { eventAnswer } from "./audit-shapes.ts";

/** In what form events leave. */
export const exportFormats = ["csv", "ndjson"] as const;

/** One of {@link exportFormats}. */
export type ExportFormat = (typeof exportFormats)[number];

/** Media types by format. */
export const mediaTypes = {
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson",
} as const satisfies Readonly<Record<ExportFormat, string>>;

const columns = [
  ...["at", "action", "message", "of", "actor_kind", "actor_id", "actor_name", "target_kind", "target_id"],
  ...["target_name", "address", "user_agent", "request_id", "before", "after", "audit_event_id"],
];

/** By it Excel knows that a file is UTF-8. */
const BYTE_ORDER_MARK = "\ufeff";

/** What stands before the first event. */
export function exportHead(format: ExportFormat, hasMark: boolean): string {
  return (hasMark ? BYTE_ORDER_MARK : "") + (format === "csv" ? csvOf([columns]) : "");
}

/** Events as lines of an export. */
export function exportLines(format: ExportFormat, events: readonly AuditEvent[], language: Language): string {
  const told = events.map((event) => eventAnswer(event, language));
  if (format === "ndjson") return told.map((event) => `${JSON.stringify(event)}\n`).join("");
  return csvOf(
    told.map(({ actor, target, ...event }) => [
      ...[event.at, event.action, event.message, event.of, actor.kind, actor.id, actor.name, target.kind, target.id],
      ...[target.name, event.address, event.user_agent, event.request_id, event.before, event.after],
      event.audit_event_id,
    ]),
  );
}

/**
 * Lines of CSV in which a spreadsheet finds no formula: a cell that begins as one gets an apostrophe, every cell is quoted, and
 * control characters, which may hide a beginning, become spaces. https://owasp.org/www-community/attacks/CSV_Injection
 */
function csvOf(rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map(plain));
  return stringify(cells, { escape_formulas: true, quoted: true, quoted_empty: true, record_delimiter: "windows" });
}

function plain(value: unknown): string {
  const text = typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}
