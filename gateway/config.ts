import { dirname, join } from "node:path";
import * as v from "valibot";
import {
  commaList,
  type DatabaseAddress,
  database,
  type Field,
  field,
  host,
  httpUrl,
  logLevel,
  logLevels,
  mailbox,
  masterKey,
  masterKeys,
  networkList,
  type Optional,
  optional,
  readBackSeconds,
  role,
  roles,
  type Setting,
  seconds,
  signUp,
  signUps,
  smtpUrl,
  text,
  whole,
} from "./config-readers.ts";

export type { DatabaseAddress, LogLevel, Role, Setting } from "./config-readers.ts";

/** One wrong setting: which variable, what is wrong with its value, how to mend it. */
export interface ConfigFault {
  readonly variable: string;
  readonly problem: string;
  readonly mend: string;
}

/** The environment does not make a configuration; the message lists every fault at once. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];
  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(({ variable, problem, mend }) => `  ${variable}: ${problem}. ${mend}.`);
    super(`The configuration has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${lines.join("\n")}`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/** Every setting with how it is read. The order is the order of the documentation. */
const fields = {
  port: field("PORT", "8787", whole(0, 65_535), "TCP port; 0 takes a free one", "Give a port from 0 to 65535"),
  host: field("HOST", "0.0.0.0", text, "Network address to listen on", "Give an address such as 127.0.0.1"),
  publicUrl: optional(
    "PUBLIC_URL",
    httpUrl,
    "Address under which senders reach the gateway; webhook addresses are built from it. Without it: http://localhost:PORT",
    "Give an address such as https://gateway.example.com",
  ),
  trustedProxies: field(
    "TRUSTED_PROXIES",
    "loopback",
    networkList,
    "Proxies that may tell the log a client's address (X-Forwarded-For): addresses, networks, loopback, private; or none",
    "Give addresses or networks separated by commas, such as 10.0.0.5,10.1.0.0/16",
  ),
  outgoingNetworks: field(
    "OUTGOING_NETWORKS",
    "none",
    networkList,
    "Networks that are not public where plugins may all the same ask the CRMs that people configure, without TLS too: addresses, networks, loopback, private; or none",
    "Give addresses or networks separated by commas, such as 10.1.0.0/16",
  ),
  database: field(
    "DATABASE_URL",
    "file:./data/gateway.db",
    database,
    "SQLite database, whose folder also holds the generated master key and files being sent; or a PostgreSQL one (15 or newer), which any number of gateways may share",
    "Give an address such as file:./data/gateway.db or postgres://user:password@host:5432/database",
  ),
  dataFolder: optional(
    "DATA_FOLDER",
    text,
    "Folder for files being sent and for what the operator's commands find this gateway by. Without it: that of the SQLite database, or ./data with PostgreSQL",
    "Give a folder without spaces in its name",
  ),
  secretKey: optional(
    "GATEWAY_SECRET_KEY",
    masterKey,
    "Master key that encrypts tokens and secrets: 32 bytes in base64. Without it a key is made beside the database at the first start",
    "Make one with: openssl rand -base64 32",
    true,
  ),
  previousSecretKeys: optional(
    "GATEWAY_PREVIOUS_SECRET_KEYS",
    masterKeys,
    "While the master key is changed: keys that open what they have sealed and seal nothing, separated by commas",
    "Give keys as GATEWAY_SECRET_KEY has them, separated by commas",
    true,
  ),
  supabaseUrl: optional(
    "SUPABASE_URL",
    httpUrl,
    "Supabase project that signs people in",
    "Give an address such as https://project.supabase.co",
  ),
  supabasePublishableKey: optional(
    "SUPABASE_PUBLISHABLE_KEY",
    text,
    "Publishable key of that project",
    "Copy it from the project's API settings",
    true,
  ),
  smtpUrl: optional(
    "SMTP_URL",
    smtpUrl,
    "Mail server that letters to people go through, such as a link to a new password",
    "Give an address such as smtps://user:password@smtp.example.com:465",
    true,
  ),
  mailFrom: optional(
    "MAIL_FROM",
    mailbox,
    "Who those letters come from",
    "Give an address such as gateway@example.com, or Gateway <gateway@example.com>",
  ),
  signUp: field(
    "SIGN_UP",
    "invitation",
    signUp,
    `Who may come in without a code: ${signUps.join(" (nobody) or ")} (anybody, to a workspace of his own)`,
    `Give one of ${signUps.join(", ")}`,
  ),
  yandexClientId: optional("YANDEX_CLIENT_ID", text, "Yandex OAuth application", "Copy it from oauth.yandex.ru"),
  yandexClientSecret: optional(
    "YANDEX_CLIENT_SECRET",
    text,
    "Secret of that application",
    "Copy it from oauth.yandex.ru",
    true,
  ),
  metrikaApiUrl: host("METRIKA_API_URL", "https://api-metrika.yandex.net", "Metrika's API"),
  yandexOauthUrl: host("YANDEX_OAUTH_URL", "https://oauth.yandex.ru", "Yandex OAuth"),
  yandexLoginUrl: host("YANDEX_LOGIN_URL", "https://login.yandex.ru", "Yandex login information"),
  plugins: field(
    "GATEWAY_PLUGINS",
    "bundled",
    commaList,
    "Plugins to load, separated by commas: bundled (all that come with the gateway) or names of those, installed packages, and folders such as ./my-crm",
    "Give names separated by commas, such as bundled,./my-crm",
  ),
  role: field(
    "GATEWAY_ROLE",
    "all",
    role,
    "What this process does: all, intake (answers requests) or worker (sends; answers only whether it is well). Several processes need PostgreSQL",
    `Give one of ${roles.join(", ")}`,
  ),
  uploadLingerSeconds: seconds("UPLOAD_LINGER_SECONDS", 300, 0, "How long rows may wait for others of their file"),
  uploadMaxRows: field(
    "UPLOAD_MAX_ROWS",
    "500000",
    whole(1, 1_000_000),
    "Rows after which a file is sealed without waiting",
    "Give a number from 1 to 1000000",
  ),
  pollIntervalSeconds: seconds("POLL_INTERVAL_SECONDS", 900, 0.1, "How often Metrika is asked about open uploads"),
  readBackSeconds: field(
    "READ_BACK_SECONDS",
    "15,60,300,900,1800",
    readBackSeconds,
    "After a lost answer: seconds at which Metrika's list of uploads is read before anything is sent again",
    "Give rising numbers of seconds, such as 15,60,300,900,1800",
  ),
  goalRecheckSeconds: seconds(
    "GOAL_RECHECK_SECONDS",
    3600,
    0.1,
    "How often rows that wait for a goal look for it again",
  ),
  metrikaRps: field(
    "METRIKA_RPS",
    "30",
    whole(1, 1000),
    "Requests per second to Metrika; its limit is 30 for an IP address",
    "Give a number from 1 to 1000",
  ),
  metrikaDailyRequests: field(
    "METRIKA_DAILY_REQUESTS",
    "5000",
    whole(1, 1_000_000_000),
    "Requests a day to Metrika for each Yandex login, reads and writes each; its limit is 5000",
    "Give a number from 1 to 1000000000",
  ),
  logLevel: field("LOG_LEVEL", "info", logLevel, `Least level logged: ${logLevels.join(", ")}`, "Give one of them"),
  retentionDays: field(
    "RETENTION_DAYS",
    "90",
    whole(45, 3650),
    "Days after their arrival for which settled conversions are kept",
    "Give days from 45 to 3650: repeats of a sale must still be recognised while Metrika would take them",
  ),
  rawIntakeHours: field(
    "RAW_INTAKE_HOURS",
    "72",
    whole(1, 720),
    "Hours for which a CRM's request can still be read after it was handled; one that needs a person is kept for 30 days",
    "Give hours from 1 to 720",
  ),
  maxRequestConversions: field(
    "MAX_REQUEST_CONVERSIONS",
    "100000",
    whole(1, 1_000_000),
    "Conversions in one request",
    "Give a number from 1 to 1000000",
  ),
  maxRequestBytes: field(
    "MAX_REQUEST_BYTES",
    "67108864",
    whole(1024, 1_073_741_824),
    "Bytes in one request's body, unpacked",
    "Give bytes from 1024 to 1073741824",
  ),
  requestTimeoutSeconds: field(
    "REQUEST_TIMEOUT_SECONDS",
    "60",
    whole(1, 3600),
    "How long a request's body may take to arrive",
    "Give seconds from 1 to 3600",
  ),
} as const;

type Fields = typeof fields;
type ValueOf<F> = F extends Optional<infer T> ? T | null : F extends Field<infer T> ? T : never;

/** What is read from the environment; null where a setting without a default is not set. */
type Values = { readonly [K in keyof Fields]: ValueOf<Fields[K]> };

/** The configuration of a gateway: checked values, and what follows from them. */
export type Config = Omit<Values, "publicUrl" | "dataFolder"> & {
  /** Never null and without a slash at the end. */
  readonly publicUrl: string;
  /** The folder of the SQLite database, and of what this process keeps beside it. */
  readonly dataFolder: string;
  /** Where the master key is kept when the environment does not give it. */
  readonly masterKeyFile: string;
};

/** All settings as data, for documentation and its check. */
export const settings: readonly Setting[] = Object.values(fields).map(
  ({ name, default: fallback, meaning, secret }) => ({
    name,
    default: fallback,
    meaning,
    secret,
  }),
);

/** Settings that make sense only together. */
const pairs = [
  ["SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY"],
  ["SMTP_URL", "MAIL_FROM"],
  ["YANDEX_CLIENT_ID", "YANDEX_CLIENT_SECRET"],
] as const;

/**
 * Reads the configuration from environment variables. An empty or blank variable counts as not set.
 * @throws {ConfigError} with every fault at once.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = (name: string): string | null => env[name]?.trim() || null;
  const faults: ConfigFault[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, { name, default: fallback, reader, mend, secret }] of Object.entries(fields)) {
    const value = given(name) ?? fallback;
    if (value === null) {
      values[key] = null;
      continue;
    }
    const parsed = v.safeParse<v.GenericSchema<string, unknown>>(reader, value);
    if (parsed.success) values[key] = parsed.output;
    else faults.push({ variable: name, problem: `${shown(value, secret)} ${parsed.issues[0].message}`, mend });
  }
  for (const [first, second] of pairs) {
    if ((given(first) === null) === (given(second) === null)) continue;
    const [set, unset] = given(first) === null ? [second, first] : [first, second];
    faults.push({ variable: unset, problem: `is not set, but ${set} is`, mend: "Set both or neither" });
  }
  if (faults.length === 0) faults.push(...faultsTogether(values as Values));
  if (faults.length > 0) throw new ConfigError(faults);
  return complete(values as Values);
}

/** What each setting allows by itself and the others forbid. */
function faultsTogether({ database, secretKey, role }: Values): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (database.kind === "postgres" && secretKey === null) {
    const problem = "is not set, but DATABASE_URL names a PostgreSQL database, which several gateways may share";
    faults.push({
      variable: "GATEWAY_SECRET_KEY",
      problem,
      mend: "Give the same key to all of them, made once with: openssl rand -base64 32",
    });
  }
  if (database.kind === "sqlite" && role !== "all") {
    const problem = `"${role}" needs a database that several processes share`;
    faults.push({
      variable: "GATEWAY_ROLE",
      problem,
      mend: "Set it to all, or name a PostgreSQL database (DATABASE_URL)",
    });
  }
  return faults;
}

function complete(values: Values): Config {
  const { database } = values;
  const dataFolder = values.dataFolder ?? (database.kind === "sqlite" ? dirname(database.file) : "./data");
  return {
    ...values,
    publicUrl: values.publicUrl ?? `http://localhost:${values.port}`,
    dataFolder,
    masterKeyFile: join(dataFolder, "master.key"),
  };
}

/** A database as logs may name it: without its user and password. */
export function databaseName(database: DatabaseAddress): string {
  if (database.kind === "sqlite") return database.file;
  const { host, pathname } = new URL(database.url);
  return `postgres://${host}${pathname}`;
}

/** A value for a message: secrets and the credentials inside addresses are left out. */
function shown(value: string, secret: boolean): string {
  if (secret) return "the value";
  return JSON.stringify(value.replace(/:\/\/[^/]*@/, "://***@").slice(0, 100));
}
