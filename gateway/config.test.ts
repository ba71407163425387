import { expect, test } from "bun:test";
import { join } from "node:path";
import { ConfigError, type ConfigFault, databaseName, readConfig, settings } from "./config.ts";

function faultsOf(env: Record<string, string>): readonly ConfigFault[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test("an empty environment gives the documented defaults", () => {
  expect(readConfig({})).toEqual({
    port: 8787,
    host: "0.0.0.0",
    publicUrl: "http://localhost:8787",
    trustedProxies: ["loopback"],
    rawIntakeHours: 72,
    outgoingNetworks: [],
    database: { kind: "sqlite", file: "./data/gateway.db" },
    dataFolder: "./data",
    masterKeyFile: join("data", "master.key"),
    secretKey: null,
    previousSecretKeys: null,
    supabaseUrl: null,
    supabasePublishableKey: null,
    smtpUrl: null,
    mailFrom: null,
    signUp: "invitation",
    yandexClientId: null,
    yandexClientSecret: null,
    metrikaApiUrl: "https://api-metrika.yandex.net",
    yandexOauthUrl: "https://oauth.yandex.ru",
    yandexLoginUrl: "https://login.yandex.ru",
    plugins: ["bundled"],
    role: "all",
    uploadLingerSeconds: 300,
    uploadMaxRows: 500_000,
    pollIntervalSeconds: 900,
    readBackSeconds: [15, 60, 300, 900, 1800],
    goalRecheckSeconds: 3600,
    metrikaRps: 30,
    metrikaDailyRequests: 5000,
    logLevel: "info",
    retentionDays: 90,
    maxRequestConversions: 100_000,
    maxRequestBytes: 64 * 1024 * 1024,
    requestTimeoutSeconds: 60,
  });
});

test("an empty variable counts as not set", () => {
  expect(readConfig({ PORT: "", LOG_LEVEL: "  ", PUBLIC_URL: "" })).toEqual(readConfig({}));
});

test("given values are read, addresses lose their last slash", () => {
  const config = readConfig({
    PORT: "9000",
    PUBLIC_URL: "https://gateway.example.com/metrika/",
    TRUSTED_PROXIES: "10.0.0.5, fd00::/8,private",
    DATABASE_URL: "file:///var/lib/gateway/my%20data.db",
    GATEWAY_PLUGINS: "webhook-offline, @acme/crm ,./plugins/own,",
    READ_BACK_SECONDS: "1, 2, 3",
    LOG_LEVEL: "WARN",
    UPLOAD_LINGER_SECONDS: "0.5",
  });
  expect(config).toMatchObject({
    port: 9000,
    publicUrl: "https://gateway.example.com/metrika",
    trustedProxies: ["10.0.0.5", "fd00::/8", "private"],
    database: { kind: "sqlite", file: "/var/lib/gateway/my data.db" },
    masterKeyFile: "/var/lib/gateway/master.key",
    plugins: ["webhook-offline", "@acme/crm", "./plugins/own"],
    readBackSeconds: [1, 2, 3],
    logLevel: "warning",
    uploadLingerSeconds: 0.5,
  });
  expect(readConfig({ PORT: "9000" }).publicUrl).toBe("http://localhost:9000");
  expect(readConfig({ TRUSTED_PROXIES: "none" }).trustedProxies).toEqual([]);
});

test("every fault is listed at once, each with its variable, value and mend", () => {
  const env = { PORT: "80 80", METRIKA_API_URL: "api-metrika.yandex.net", RETENTION_DAYS: "30", LOG_LEVEL: "loud" };
  expect(
    faultsOf(env)
      .map(({ variable }) => variable)
      .sort(),
  ).toEqual(Object.keys(env).sort());
  expect(() => readConfig(env)).toThrow(
    /4 faults:\n {2}PORT: "80 80" is not a whole number\. Give a port from 0 to 65535\./,
  );
});

const wrong: readonly (readonly [variable: string, value: string, problem: string])[] = [
  ["PORT", "70000", "above 65535"],
  ["PORT", "-1", "not a whole number"],
  ["HOST", "my host", "spaces"],
  ["PUBLIC_URL", "ftp://example.com", "not an http(s) address"],
  ["PUBLIC_URL", "https://example.com/?a=1", "query"],
  ["DATABASE_URL", "gateway.db", "neither a file: nor a postgres: address"],
  ["DATABASE_URL", "file:", "neither a file: nor a postgres: address"],
  ["DATABASE_URL", "file::memory:", "kept in memory"],
  ["DATABASE_URL", "postgres://db", "names no database"],
  ["DATABASE_URL", "postgresql:///gateway", "names no server"],
  ["GATEWAY_SECRET_KEY", "c2hvcnQ=", "not 32 random bytes"],
  [
    "GATEWAY_PREVIOUS_SECRET_KEYS",
    `${Buffer.from("0123456789abcdef".repeat(2)).toString("base64")},c2hvcnQ=`,
    "not 32 random bytes",
  ],
  ["GATEWAY_ROLE", "worker", "needs a database that several processes share"],
  ["GATEWAY_ROLE", "everything", "not a role"],
  ["TRUSTED_PROXIES", "loopback,caddy", '"caddy", which is no address'],
  ["TRUSTED_PROXIES", "10.0.0.0/33", "no network"],
  ["TRUSTED_PROXIES", "none,loopback", '"none", which is no address'],
  ["UPLOAD_MAX_ROWS", "0", "below 1"],
  ["READ_BACK_SECONDS", "15,60,60", "does not rise"],
  ["READ_BACK_SECONDS", "15;60;300", "not a list"],
  ["METRIKA_RPS", "1e3", "not a whole number"],
  ["RETENTION_DAYS", "44", "below 45"],
  ["MAX_REQUEST_BYTES", "1", "below 1024"],
];

for (const [variable, value, problem] of wrong) {
  test(`${variable}=${value} is refused: ${problem}`, () => {
    const [fault] = faultsOf({ [variable]: value });
    expect(fault?.variable).toBe(variable);
    expect(fault?.problem).toContain(problem);
    expect(fault?.mend).not.toBe("");
  });
}

const KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");

test("a PostgreSQL database is named with the key that all its gateways share", () => {
  const url = "postgres://gateway:hunter2@db.example.com:6543/postgres";
  const config = readConfig({ DATABASE_URL: url, GATEWAY_SECRET_KEY: KEY, GATEWAY_ROLE: "intake" });
  expect(config).toMatchObject({ database: { kind: "postgres", url }, role: "intake", dataFolder: "./data" });
  expect(databaseName(config.database)).toBe("postgres://db.example.com:6543/postgres");
  const [fault] = faultsOf({ DATABASE_URL: url });
  expect(fault).toMatchObject({ variable: "GATEWAY_SECRET_KEY" });
  expect(JSON.stringify(fault)).not.toContain("hunter2");
});

test("the folder of what a process keeps beside its database can be named", () => {
  expect(readConfig({ DATA_FOLDER: "/srv/gateway" })).toMatchObject({
    dataFolder: "/srv/gateway",
    masterKeyFile: "/srv/gateway/master.key",
    database: { file: "./data/gateway.db" },
  });
});

test("settings that belong together are asked for together", () => {
  expect(faultsOf({ SUPABASE_URL: "https://x.supabase.co" })).toEqual([
    { variable: "SUPABASE_PUBLISHABLE_KEY", problem: "is not set, but SUPABASE_URL is", mend: "Set both or neither" },
  ]);
  expect(faultsOf({ YANDEX_CLIENT_SECRET: "s" })[0]?.variable).toBe("YANDEX_CLIENT_ID");
});

test("no secret stands in a fault", () => {
  const faults = faultsOf({
    GATEWAY_SECRET_KEY: "planted-secret",
    DATABASE_URL: "postgres://gateway:planted-secret@db",
    PUBLIC_URL: "https://user:planted-secret@example.com",
    YANDEX_CLIENT_SECRET: "planted secret with planted-secret",
    YANDEX_CLIENT_ID: "id",
  });
  expect(faults).toHaveLength(4);
  expect(JSON.stringify(faults)).not.toContain("planted-secret");
});

test("the table of settings is complete, without repeats, and its defaults are valid", () => {
  const names = settings.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { meaning } of settings) expect(meaning.length).toBeGreaterThan(10);
  const defaults = Object.fromEntries(settings.map(({ name, default: value }) => [name, value ?? ""]));
  expect(readConfig(defaults)).toEqual(readConfig({}));
});
