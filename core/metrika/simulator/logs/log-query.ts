import { refusal } from "../envelopes.ts";
import { modelOf } from "../traffic/attribution.ts";
import { daysBetween } from "../traffic/calendar.ts";
import { type LogColumns, logSources } from "./log-columns.ts";
import { logLines } from "./log-lines.ts";

/** What a log is asked for by: everything stands in the query, for evaluation as for creation. */
export interface LogQuery extends LogColumns {
  readonly date1: string;
  readonly date2: string;
}

const MAX_FIELDS_LENGTH = 3000;

/**
 * Reads the query of a log, or tells why Metrika would refuse it. The texts of these refusals are not documented.
 *
 * @param today `YYYY-MM-DD` in the counter's zone: a log ends the day before at the latest.
 */
export function readLogQuery(query: URLSearchParams, today: string): LogQuery | Response {
  for (const name of ["date1", "date2", "fields", "source"])
    if (!query.get(name)) return refusal(400, "missing_parameter", `Missing parameter ${name}`, { location: name });
  const source = query.get("source") ?? "";
  if (source !== "visits" && source !== "hits") return wrong("source", "Wrong source");
  const date1 = dateOf(query.get("date1"));
  const date2 = dateOf(query.get("date2"));
  if (date1 === null) return wrong("date1", "Wrong date");
  if (date2 === null) return wrong("date2", "Wrong date");
  if (date1 > date2) return wrong("date1", "The first day is after the last one");
  if (date2 >= today) return wrong("date2", "Data of the current day is not available");
  if (daysBetween(date1, date2) > 366) return wrong("date1", "The period is longer than one year");
  const text = query.get("fields") ?? "";
  if (text.length > MAX_FIELDS_LENGTH) return wrong("fields", `More than ${MAX_FIELDS_LENGTH} characters`);
  const fields = text.split(",");
  const foreign = fields.find((field) => !field.startsWith(logSources[source]));
  if (foreign !== undefined) return wrong("fields", `Field ${foreign} does not belong to the source ${source}`);
  const attribution = query.get("attribution");
  if (attribution !== null && modelOf(attribution) === null) return wrong("attribution", "Wrong attribution");
  const lines = logLines({ source, fields, attribution });
  if ("unknown" in lines) return wrong("fields", `Unknown field ${lines.unknown}`);
  return { source, date1, date2, fields, attribution };
}

function wrong(location: string, message: string): Response {
  return refusal(400, "invalid_parameter", message, { location });
}

/** The day of a date, which the documents also write with a time. */
function dateOf(text: string | null): string | null {
  const date = /^(\d{4}-\d{2}-\d{2})(T[\d:.]+Z)?$/.exec(text ?? "")?.[1] ?? "";
  try {
    return Temporal.PlainDate.from(date).toString();
  } catch {
    return null;
  }
}
