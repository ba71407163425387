import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { settings } from "../gateway/config.ts";
import packageJson from "../package.json" with { type: "json" };

const textOf = (path: string) => readFileSync(`${import.meta.dir}/../${path}`, "utf8");

/** What these tests read of a service in compose.yaml. */
interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

const compose = textOf("compose.yaml");
const { services } = Bun.YAML.parse(compose) as { services: Readonly<Record<string, Service>> };
const gateways = Object.entries(services).filter(([, { environment }]) => environment?.GATEWAY_ROLE !== undefined);
const known = new Set(settings.map(({ name }) => name));

test("compose starts two intakes and two workers, whose settings all exist", () => {
  expect(gateways.map(([, { environment }]) => environment?.GATEWAY_ROLE).sort()).toEqual([
    "intake",
    "intake",
    "worker",
    "worker",
  ]);
  for (const [, { environment = {} }] of gateways) {
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
  }
});

test("together the gateways ask Metrika no more often than it allows one IP address", () => {
  const allowed = Number(settings.find(({ name }) => name === "METRIKA_RPS")?.default);
  const asked = gateways.reduce((sum, [, { environment }]) => sum + Number(environment?.METRIKA_RPS), 0);
  expect(asked).toBeLessThanOrEqual(allowed);
});

test("compose refuses to start without a secret, and .env.example names each without a value", () => {
  const required = [...compose.matchAll(/\$\{(\w+):\?[^}]+\}/g)].map(([, name]) => name);
  const optional = [...compose.matchAll(/\$\{(\w+)(?!\w|:\?)/g)].map(([, name]) => name);
  const offered = [...textOf(".env.example").matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => ({ name, value }));
  expect(offered.map(({ name }) => name).sort()).toEqual([...new Set(required)].sort());
  expect(offered.filter(({ value }) => value !== "")).toEqual([]);
  expect(optional).toEqual(["GATEWAY_PREVIOUS_SECRET_KEYS", "LOG_LEVEL"]);
});

test("only Caddy can be reached from outside, and the database only by the gateways", () => {
  const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
  expect(open.map(([name]) => name)).toEqual(["caddy"]);
  expect(services.postgres?.networks).toEqual(["database"]);
  expect(services.caddy?.networks).toEqual(["front"]);
});

test("Caddy knows every intake by its name and port", () => {
  const upstreams = /reverse_proxy (.+) \{/.exec(textOf("deploy/Caddyfile"))?.[1]?.split(" ");
  const port = settings.find(({ name }) => name === "PORT")?.default;
  const intakes = gateways.filter(([, { environment }]) => environment?.GATEWAY_ROLE === "intake");
  expect(upstreams).toEqual(intakes.map(([name]) => `${name}:${port}`));
  expect(textOf("Dockerfile")).toContain(`EXPOSE ${port}`);
});

test("the image is built with the Bun of the tests, from what the executable needs, and does not run as root", () => {
  const dockerfile = textOf("Dockerfile");
  expect(dockerfile).toContain(`FROM oven/bun:${packageJson.devDependencies["@types/bun"]}-slim AS build`);
  expect(dockerfile).toMatch(/^USER [1-9]\d*:/m);
  const copied = [...textOf(".dockerignore").matchAll(/^!(.+)$/gm)].map(([, path]) => path);
  expect(copied).toEqual([
    "package.json",
    "bun.lock",
    "bunfig.toml",
    "tsconfig.json",
    "core",
    "gateway",
    "patches",
    "plugins",
  ]);
});

test("the settings that the unit gives exist", () => {
  const unit = textOf("deploy/metrika-gateway.service");
  const given = [...unit.matchAll(/^Environment=(\w+)=/gm)].map(([, name = ""]) => name);
  expect(given.length).toBeGreaterThan(0);
  expect(given.filter((name) => !known.has(name))).toEqual([]);
});
