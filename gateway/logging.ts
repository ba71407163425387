import {
  configureSync,
  getAnsiColorFormatter,
  getLogger,
  getThrottlingFilter,
  type LogRecord,
  sanitizeControlSequences,
  type TextFormatter,
} from "@logtape/logtape";
import { redactByField } from "@logtape/redaction";
import { maskText } from "../core/vault/mask.ts";
import type { LogLevel } from "./config.ts";

/** How and where the log is written. */
export interface LoggingOptions {
  readonly level: LogLevel;
  /** One JSON object a line for machines, or coloured lines for people. Default: by whether standard error is a terminal. */
  readonly format?: "json" | "pretty";
  /** Takes whole lines. Default: standard error, since commands print their results on standard output. */
  readonly write?: (line: string) => void;
  /** Milliseconds since 1970, for the seconds in which repeats are counted. */
  readonly clock?: () => number;
}

/** The category under which everything of ours is logged; parts add their name: `["metrika-gateway", "delivery"]`. */
export const LOG_CATEGORY = "metrika-gateway";

/** Fields whose values are never written, by name, in whatever spelling: `webhookSecret`, `x-webhook-secret`, `e_mail`. */
const redactedFields: readonly RegExp[] = [
  /token/i,
  /secret/i,
  /pass(?:word|wd|phrase)/i,
  /authorization/i,
  /cookie/i,
  /signature/i,
  /(?:api|master|private|encryption)[_-]?key/i,
  /e[_-]?mail/i,
  /phone/i,
];

const MASK = "***";
const MAX_DEPTH = 8;
const MAX_ELEMENTS = 100;

/**
 * Sets up the log of the process: level, format, redaction by field name and by shape of the text (tokens, secrets,
 * e-mails, telephone numbers), and at most one line a second of the same warning or error.
 */
export function configureLogging(options: LoggingOptions): void {
  const { level, write = (line) => void process.stderr.write(line), clock = Date.now } = options;
  const format = options.format ?? (process.stderr.isTTY ? "pretty" : "json");
  const formatter = format === "json" ? jsonLine : prettyLine;
  const out = redactByField((record: LogRecord) => write(formatter(record)), {
    fieldPatterns: [...redactedFields],
    action: () => MASK,
  });
  configureSync({
    reset: true,
    sinks: { out },
    filters: { repeats: repeatsFilter(clock) },
    loggers: [
      { category: LOG_CATEGORY, sinks: ["out"], filters: ["repeats"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: ["out"], lowestLevel: "warning" },
    ],
  });
}

/** A broken disk fails every request alike: the log then says so once a second, with the number left out. */
function repeatsFilter(clock: () => number): (record: LogRecord) => boolean {
  const throttle = getThrottlingFilter({
    limit: 1,
    windowMs: 1000,
    clock,
    key: causeOf,
    summary: { logger: getLogger([LOG_CATEGORY, "log"]), message: "The same line was left out {suppressed} times" },
  });
  return (record) => (isSerious(record) ? throttle(record) : true);
}

function isSerious({ level, category }: LogRecord): boolean {
  const isSummary = category[1] === "log";
  return !isSummary && (level === "warning" || level === "error");
}

/** Two records tell the same when they differ in their request only. */
function causeOf({ category, rawMessage, properties }: LogRecord): string {
  const { requestId: _, path: __, client: ___, ...facts } = properties;
  return maskText(JSON.stringify([category, rawMessage, toPlain({ ...facts, stack: undefined })]).slice(0, 1000));
}

function jsonLine(record: LogRecord): string {
  const line = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    category: record.category.join("."),
    message: maskText(record.message.map((part, i) => (i % 2 === 0 ? part : inMessage(part))).join("")),
    ...(Object.keys(record.properties).length > 0 && { properties: toPlain(record.properties) }),
  };
  return `${JSON.stringify(line)}\n`;
}

const coloured: TextFormatter = getAnsiColorFormatter({
  timestamp: "time",
  category: (category) => category.slice(1).join("."),
  value: (value) => sanitizeControlSequences(inMessage(value), { sgr: "escape", newlines: "escape" }),
});

function prettyLine(record: LogRecord): string {
  const stacks = Object.values(record.properties).flatMap((value) =>
    value instanceof Error ? [value.stack ?? ""] : [],
  );
  const indented = stacks.map((stack) => `  ${sanitizeControlSequences(stack).replaceAll("\n", "\n  ")}\n`);
  return maskText(coloured(record) + indented.join(""));
}

function inMessage(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const plain = toPlain(value);
  return typeof plain === "string" ? plain : (JSON.stringify(plain) ?? String(value));
}

/** A copy that JSON can say, without secrets: errors with their causes, bounded in depth and width, each string masked. */
function toPlain(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return maskText(value);
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Error) return errorFacts(value, depth);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, MAX_ELEMENTS).map((element) => toPlain(element, depth + 1));
  }
  const entries: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : Object.entries(value);
  const plain = entries.slice(0, MAX_ELEMENTS).map(([key, member]) => {
    const name = String(key);
    return [maskText(name), redactedFields.some((field) => field.test(name)) ? MASK : toPlain(member, depth + 1)];
  });
  return Object.fromEntries(plain);
}

function errorFacts(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  return {
    name,
    message: maskText(message),
    ...(code !== undefined && { code: toPlain(code, depth + 1) }),
    ...(stack !== undefined && { stack: maskText(stack) }),
    ...(cause !== undefined && { cause: toPlain(cause, depth + 1) }),
  };
}
