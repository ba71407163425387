import { expect, test } from "bun:test";
import * as v from "valibot";
import { defineSource, type SourcePlugin } from "../plugin/contract.ts";
import { secret } from "../plugin/secret.ts";
import type { SourceRecord } from "../store/store.ts";
import { configContext } from "../vault/secret-context.ts";
import { createVault } from "../vault/vault.ts";
import { createOpenConfig, openConfig } from "./open-config.ts";

const vault = createVault(new Uint8Array(32).fill(7));
const UUID = "0192a3b4-0000-7000-8000-000000000001";
const TOKEN = "a-token-that-nobody-may-see";

const Config = v.object({
  domain: v.string(),
  access: v.optional(v.object({ token: secret(v.string()) })),
  zone: v.optional(v.string(), "ru"),
});

const plugin = (change: Partial<SourcePlugin> = {}): SourcePlugin =>
  defineSource<unknown>({
    ...{ apiVersion: 1, name: "crm", version: "2.1.0", config: Config, verify: null },
    ...{ title: { ru: "CRM", en: "CRM" }, summary: { ru: "CRM", en: "CRM" } },
    ...change,
  });

const sealed = (secrets: Readonly<Record<string, string>>, uuid = UUID) =>
  vault.seal(JSON.stringify(secrets), configContext(uuid));

const source = (change: Partial<SourceRecord> = {}): SourceRecord => ({
  ...{ id: 1, uuid: UUID, workspaceId: 1, plugin: "crm", name: "Shop", description: null, counterId: 1 },
  ...{ credentialId: 1, config: { domain: "shop" }, sealedConfig: null, configVersion: 1 },
  options: {
    ...{ dedupeBy: "exact", identifiers: "all", createMissingGoals: false, allowPersonalUserId: false },
    ...{ uncertainPolicy: "resend", counters: [], matchByContact: "none" },
  },
  ...{ timeZone: "Europe/Moscow", timeZoneFrom: "default", defaultCurrency: "RUB", defaultCurrencyFrom: "default" },
  ...{ language: "en", secretHash: null, sealedSecret: null, previousSecretHash: null, previousSealedSecret: null },
  ...{ previousSecretExpiresAt: null, isActive: true, deliveryPaused: false, schedule: null, nextRunAt: null },
  ...{ createdAt: 0, updatedAt: 0 },
  ...change,
});

function refused(plugin: SourcePlugin | null, record: SourceRecord) {
  const opened = openConfig(vault, plugin, record);
  if (opened.ok) throw new Error("The config was opened.");
  for (const text of [opened.reason.ru, opened.reason.en]) {
    expect(text).toContain("Shop");
    expect(text).toContain(UUID);
    expect(text).toContain("crm");
    expect(text).not.toMatch(/\{\w+\}/);
    expect(text).not.toContain(TOKEN);
  }
  return { code: opened.code, reason: opened.reason };
}

test("a config is opened with its secrets and with what the schema adds", () => {
  const record = source({ sealedConfig: sealed({ "access.token": TOKEN }) });
  expect(openConfig(vault, plugin(), record)).toEqual({
    ok: true,
    config: { domain: "shop", access: { token: TOKEN }, zone: "ru" },
  });
  expect(openConfig(vault, plugin(), source())).toEqual({ ok: true, config: { domain: "shop", zone: "ru" } });
});

test("a plugin that is not listed is named", () => {
  expect(refused(null, source()).code).toBe("plugin_missing");
});

test("a config that does not fit is told by its field, never by its value", () => {
  const unfit = refused(plugin(), source({ config: { domain: { secret: TOKEN } } }));
  expect(unfit.code).toBe("config_field_unfit");
  expect(unfit.reason.en).toContain("config.domain");
  expect(unfit.reason.en).toContain("crm 2.1.0");
  const missing = refused(plugin(), source({ config: {}, sealedConfig: sealed({ "access.token": TOKEN }) }));
  expect(missing).toMatchObject({
    code: "config_field_missing",
    reason: { ru: expect.stringContaining("config.domain") },
  });
});

test("secrets that do not open let the source wait, also those of another source", () => {
  const theirs = sealed({ "access.token": TOKEN }, "0192a3b4-0000-7000-8000-000000000002");
  for (const sealedConfig of ["v1.rubbish", theirs])
    expect(refused(plugin(), source({ sealedConfig })).code).toBe("config_sealed");
});

test("a config of an earlier version is brought to the plugin's, secrets and all", () => {
  const calls: unknown[] = [];
  const newer = plugin({
    configVersion: 3,
    migrateConfig(stored, from) {
      calls.push([stored, from]);
      return { domain: stored.host, access: { token: stored.key } };
    },
  });
  const record = source({ config: { host: "shop" }, sealedConfig: sealed({ key: TOKEN }) });
  expect(openConfig(vault, newer, record)).toMatchObject({
    ok: true,
    config: { domain: "shop", access: { token: TOKEN } },
  });
  expect(calls).toEqual([[{ host: "shop", key: TOKEN }, 1]]);
  expect(record.config).toEqual({ host: "shop" });
});

test("a plugin without migrateConfig takes an earlier config as it is, if it fits", () => {
  expect(openConfig(vault, plugin({ configVersion: 2 }), source()).ok).toBe(true);
  expect(refused(plugin({ configVersion: 2 }), source({ config: {} })).code).toBe("config_field_missing");
});

const brokenMigrations: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error(`no road for ${TOKEN}`);
  },
  "answers nothing": () => undefined,
  "answers a list": () => [],
  "answers a promise": () => Promise.resolve({ domain: "shop" }),
};

test.each(Object.entries(brokenMigrations))("a migrateConfig that %s lets the source wait", (_, migrateConfig) => {
  expect(refused(plugin({ configVersion: 2, migrateConfig }), source()).code).toBe("config_not_migrated");
});

test("a config of a later version waits for the plugin that wrote it", () => {
  expect(refused(plugin(), source({ configVersion: 2 })).code).toBe("config_newer");
});

test("a check of the plugin's own that throws lets the source wait", () => {
  const config = v.pipe(
    Config,
    v.check(() => {
      throw new Error(TOKEN);
    }),
  );
  expect(refused(plugin({ config }), source()).code).toBe("config_field_unfit");
});

test("a config is read once as long as its record lives, and anew of the next record", () => {
  let finds = 0;
  const open = createOpenConfig(vault, (name) => {
    finds++;
    return name === "crm" ? plugin() : null;
  });
  const record = source();
  expect(open(record)).toBe(open(record));
  expect(finds).toBe(1);
  expect(open(source({ plugin: "other" })).ok).toBe(false);
});
