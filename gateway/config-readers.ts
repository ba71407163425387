import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { SignUp } from "../core/accounts/workspaces.ts";
import { isNetwork } from "../core/outgoing/networks.ts";
import { MasterKeyError, parseMasterKey } from "../core/vault/master-key.ts";

/** One setting as a table of settings shows it. `default` is null where nothing is assumed. */
export interface Setting {
  readonly name: string;
  readonly default: string | null;
  readonly meaning: string;
  /** Its value never appears in a message. */
  readonly secret: boolean;
}

/** Turns the text of a variable into a value, or says what is wrong with it as the end of a sentence. */
export type Reader<T> = v.GenericSchema<string, T>;

/** A setting and how its text is read; `mend` follows a fault as a sentence of its own. */
export interface Field<T> extends Setting {
  readonly reader: Reader<T>;
  readonly mend: string;
}

/** A fault in a value, said as "what is wrong"; the field's mend follows it. */
function refuse<T>(parse: (text: string) => T | Refusal): Reader<T> {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const parsed = parse(dataset.value);
      if (!(parsed instanceof Refusal)) return parsed;
      addIssue({ message: parsed.problem });
      return NEVER;
    }),
  );
}

class Refusal {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

/** A word without spaces. */
export const text: Reader<string> = v.pipe(v.string(), v.regex(/^\S+$/, "contains spaces"));

/** A whole number between two bounds, both included. */
export const whole = (min: number, max: number): Reader<number> =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, "is not a whole number"),
    v.transform(Number),
    v.minValue(min, `is below ${min}`),
    v.maxValue(max, `is above ${max}`),
  );

/** An http(s) address, without a slash at its end. */
export const httpUrl: Reader<string> = refuse((value) => {
  const url = URL.parse(value);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return new Refusal("is not an http(s) address");
  if (url.username !== "" || url.password !== "") return new Refusal("carries a user name or password");
  if (url.search !== "" || url.hash !== "") return new Refusal("carries a query or a fragment");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
});

/** The address of a mail server, with what it asks for: `smtp://user:password@host:587`. */
export const smtpUrl: Reader<string> = refuse((value) => {
  const url = URL.parse(value);
  if (url === null || !["smtp:", "smtps:"].includes(url.protocol)) return new Refusal("is not an smtp(s) address");
  return url.hostname === "" ? new Refusal("names no server") : value;
});

/** Who letters come from: `name@example.com`, or `Name <name@example.com>`. */
export const mailbox: Reader<string> = v.pipe(
  v.string(),
  v.regex(/^(?:[^<>\p{C}]+ ?<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u, "is not an e-mail address"),
);

/** Where the gateway stores: a SQLite file for one process, or a PostgreSQL database for any number of them. */
export type DatabaseAddress =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres"; readonly url: string };

/** A `file:` or `postgres:` address. */
export const database: Reader<DatabaseAddress> = refuse((value) => {
  if (/^postgres(ql)?:/i.test(value)) return postgresAddress(value);
  if (!/^file:./i.test(value)) return new Refusal("is neither a file: nor a postgres: address");
  try {
    const file = /^file:\/\//i.test(value) ? fileURLToPath(value) : decodeURIComponent(value.slice("file:".length));
    return file === ":memory:"
      ? new Refusal("is kept in memory, where nothing acknowledged survives a stop")
      : { kind: "sqlite", file };
  } catch {
    return new Refusal("names no file on this machine");
  }
});

function postgresAddress(value: string): DatabaseAddress | Refusal {
  const url = URL.parse(value);
  if (url === null || url.hostname === "") return new Refusal("names no server");
  if (url.pathname.length < 2) return new Refusal("names no database on its server");
  return { kind: "postgres", url: value };
}

/** Names separated by commas, each once. */
export const commaList: Reader<readonly string[]> = v.pipe(
  v.string(),
  v.transform((value) => [...new Set(value.split(",").map((name) => name.trim()))].filter((name) => name !== "")),
);

/** A master key, checked and kept as its text. */
export const masterKey: Reader<string> = refuse((value) => {
  try {
    parseMasterKey(value, "it");
    return value;
  } catch (error) {
    if (error instanceof MasterKeyError) return new Refusal("is not 32 random bytes in base64");
    throw error;
  }
});

/** Master keys separated by commas, checked and kept as their texts. */
export const masterKeys: Reader<readonly string[]> = v.pipe(commaList, v.array(masterKey));

/** What a process does. */
export const roles = ["all", "intake", "worker"] as const;

/** One of {@link roles}: answers requests and sends, only answers requests, only sends. */
export type Role = (typeof roles)[number];

/** One of {@link roles}. */
export const role: Reader<Role> = refuse(
  (value) => roles.find((known) => known === value) ?? new Refusal("is not a role"),
);

/** Who may come in without a code. */
export const signUps = ["invitation", "open"] as const satisfies readonly SignUp[];

/** One of {@link signUps}. */
export const signUp: Reader<SignUp> = refuse(
  (value) => signUps.find((known) => known === value) ?? new Refusal("is neither of the two"),
);

/** From everything to only what ends the process. */
export const logLevels = ["trace", "debug", "info", "warning", "error", "fatal"] as const;

/** How much is logged, from everything to only what ends the process. */
export type LogLevel = (typeof logLevels)[number];

/** One of {@link logLevels}, in any letter case; `warn` means `warning`. */
export const logLevel: Reader<LogLevel> = refuse((value) => {
  const name = value.toLowerCase() === "warn" ? "warning" : value.toLowerCase();
  return logLevels.find((level) => level === name) ?? new Refusal("is not a level");
});

/** Addresses and networks separated by commas; `none` alone gives an empty list. */
export const networkList: Reader<readonly string[]> = refuse((value) => {
  const parts = value.split(",").map((part) => part.trim());
  if (parts.join() === "none") return [];
  const wrong = parts.find((part) => !isNetwork(part));
  return wrong === undefined
    ? parts
    : new Refusal(`holds ${JSON.stringify(wrong)}, which is no address and no network`);
});

/** Seconds, to the millisecond: fractions are for rehearsals against the simulator. */
const SECONDS = /^\d{1,9}(?:\.\d{1,3})?$/;

const someSeconds = (min: number, max: number): Reader<number> =>
  v.pipe(
    v.string(),
    v.regex(SECONDS, "is not a number of seconds"),
    v.transform(Number),
    v.minValue(min, `is below ${min}`),
    v.maxValue(max, `is above ${max}`),
  );

/** Numbers of seconds separated by commas, rising. */
export const readBackSeconds: Reader<readonly number[]> = refuse((value) => {
  const parts = value.split(",").map((part) => part.trim());
  if (!parts.every((part) => SECONDS.test(part))) return new Refusal("is not a list of seconds");
  const seconds = parts.map(Number);
  const rising = seconds.every((second, i) => second > (seconds[i - 1] ?? 0));
  return rising ? seconds : new Refusal("does not rise from reading to reading");
});

/** A setting with a default. */
export const field = <T>(
  name: string,
  fallback: string,
  reader: Reader<T>,
  meaning: string,
  mend: string,
): Field<T> => ({
  name,
  default: fallback,
  reader,
  meaning,
  mend,
  secret: false,
});

/** A setting without a default. */
export type Optional<T> = Omit<Field<T>, "default"> & { readonly default: null };

/** Makes a setting without a default. */
export const optional = <T>(
  name: string,
  reader: Reader<T>,
  meaning: string,
  mend: string,
  secret = false,
): Optional<T> => ({
  name,
  default: null,
  reader,
  meaning,
  mend,
  secret,
});

/** A length of time in seconds, at most 30 days. */
export const seconds = (name: string, fallback: number, min: number, meaning: string): Field<number> =>
  field(name, String(fallback), someSeconds(min, 30 * 86_400), meaning, `Give seconds, ${min} or more`);

/** The address of a host that another double may stand in for. */
export const host = (name: string, fallback: string, meaning: string): Field<string> =>
  field(name, fallback, httpUrl, meaning, `Give an address such as ${fallback}`);
