import type { Params } from "../language.ts";
import type { FindingPhrase } from "./finding-phrases.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { parseIsoTime } from "./iso-time.ts";
import { showValue } from "./show-value.ts";

const LONGEST_TEXT = 64;
const MILLISECONDS = /^\d{12,13}$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[\s,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;
const SPREADSHEET = /^[2-9]\d{4}(?:[.,]\d+)?$/; // days since 1900: 20000 is 1954, 99999 is 2173

/** Says why a `date_time` is not a time, with the mend that fits this very value: its right spelling where it is clear. */
export function explainUnreadableTime(value: unknown): Finding {
  const text = typeof value === "number" ? String(value) : value;
  if (text === undefined || text === null || text === "") return finding("date_time_missing", {});
  const received = showValue(value);
  if (typeof text !== "string" || text.length > LONGEST_TEXT) return unreadable(received, "time_spelling");
  if (MILLISECONDS.test(text)) {
    return finding("date_time_milliseconds", { value: received, suggestion: Math.floor(Number(text) / 1000) });
  }
  if (SPREADSHEET.test(text)) return unreadable(received, "time_spreadsheet");
  const respelled = respell(text);
  const isDate = ISO_DATE.test(respelled);
  const time = parseIsoTime(isDate ? `${respelled}T00:00` : respelled);
  if (time === "impossible") return unreadable(received, "time_impossible");
  if (time === "unreadable") return unreadable(received, "time_spelling");
  if (isDate) return finding("date_only", { value: received, suggestion: `${respelled}T12:34:56` });
  return unreadable(received, "time_respelled", respelled);
}

function unreadable(value: string, problem: FindingPhrase, suggestion = ""): Finding {
  return finding("date_time_format", { value, problem, suggestion });
}

function finding(code: FindingCode, params: Params): Finding {
  return { code, field: "date_time", params };
}

/** The ISO spelling that is probably meant: "01.07.2026 9:05:00" → "2026-07-01T09:05:00", "2026/07/01 12:34 +0300" → … */
function respell(text: string): string {
  const dotted = DOTTED.exec(text.trim());
  if (dotted !== null) {
    const [, day = "", month = "", year = "", hour, minute = "", second = "00"] = dotted;
    const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    return hour === undefined ? date : `${date}T${hour.padStart(2, "0")}:${minute}:${second}`;
  }
  return text
    .trim()
    .replace(/^(\d{4})[/.](\d{2})[/.](\d{2})/, "$1-$2-$3")
    .replace(/^(\d{4}-\d{2}-\d{2})[\s,]+/, "$1T")
    .replace(/T(\d):/, "T0$1:")
    .replace(/(:\d{2}),(\d)/, "$1.$2")
    .replace(/\s+(?=[+-]\d|[Zz]$)/, "");
}
