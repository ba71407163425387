import { type ReadDimension, type ReportVisit, reportDimension } from "./report-dimensions.ts";

/** Whether a visit is in the report. */
export type VisitFilter = (line: ReportVisit) => boolean;

const CONDITION = /^(ym:s:[\w<>]+)\s*(==|!=|=\.|!\.|>=|<=|>|<)\s*(.+)$/s;
const MAX_CONDITIONS = 20;
const MAX_VALUES = 100;

/**
 * Reads a filter: conditions on dimensions, joined by AND. What Metrika knows beyond that (OR, NOT, EXISTS, regular
 * expressions) is refused rather than ignored. https://yandex.ru/dev/metrika/ru/stat/openapi/data
 *
 * @returns the filter, or in one sentence why it cannot be read.
 */
export function readFilters(text: string, attribution: string | null): VisitFilter | string {
  const conditions = splitOutsideQuotes(text, /^\s+AND\s+/i);
  if (conditions.length > MAX_CONDITIONS) return `More than ${MAX_CONDITIONS} conditions`;
  const filters: VisitFilter[] = [];
  for (const condition of conditions) {
    const filter = readCondition(condition.trim(), attribution);
    if (typeof filter === "string") return filter;
    filters.push(filter);
  }
  return (line) => filters.every((filter) => filter(line));
}

function readCondition(text: string, attribution: string | null): VisitFilter | string {
  const [, field = "", operator = "", right = ""] = CONDITION.exec(text) ?? [];
  const read = reportDimension(field.replace("ym:s:", ""), attribution);
  if (field === "") return `The condition ${text} cannot be read`;
  if (read === null) return `Unknown field ${field}`;
  const isList = operator === "=." || operator === "!.";
  const list = /^\((.*)\)$/s.exec(right)?.[1];
  if (isList && list === undefined) return `A list is expected after ${operator}`;
  const values = isList ? splitOutsideQuotes(list ?? "", /^\s*,\s*/) : [right];
  if (values.length > MAX_VALUES) return `More than ${MAX_VALUES} values`;
  const wanted = values.map(unquoted);
  const unreadable = wanted.indexOf(null);
  if (unreadable !== -1) return `The value ${values[unreadable]} cannot be read`;
  return compare(
    read,
    operator,
    wanted.filter((value) => value !== null),
  );
}

function compare(read: ReadDimension, operator: string, wanted: readonly string[]): VisitFilter {
  const isAmong = (line: ReportVisit) => {
    const { name, id } = read(line);
    return wanted.some((value) => value === name || value === id);
  };
  if (operator === "==" || operator === "=.") return isAmong;
  if (operator === "!=" || operator === "!.") return (line) => !isAmong(line);
  const [limit = ""] = wanted;
  return (line) => {
    const { name } = read(line);
    if (name === null) return false;
    const order = /^-?[\d.]+$/.test(limit) ? Number(name) - Number(limit) : name < limit ? -1 : name > limit ? 1 : 0;
    if (operator === ">") return order > 0;
    if (operator === "<") return order < 0;
    return operator === ">=" ? order >= 0 : order <= 0;
  };
}

/** A value without its quotes and backslashes; a number may stand without quotes. Null: neither. */
function unquoted(text: string): string | null {
  if (/^-?[\d.]+$/.test(text)) return text;
  const inner = /^'((?:[^'\\]|\\.)*)'$/s.exec(text)?.[1];
  return inner === undefined ? null : inner.replace(/\\(.)/gs, "$1");
}

function splitOutsideQuotes(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let [part, rest, isQuoted] = ["", text, false];
  while (rest !== "") {
    const found = isQuoted ? null : separator.exec(rest)?.[0];
    if (found) {
      parts.push(part);
      part = "";
      rest = rest.slice(found.length);
      continue;
    }
    const taken = rest.startsWith("\\") ? 2 : 1;
    if (rest.startsWith("'")) isQuoted = !isQuoted;
    part += rest.slice(0, taken);
    rest = rest.slice(taken);
  }
  return [...parts, part];
}
