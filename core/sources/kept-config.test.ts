import { expect, test } from "bun:test";
import * as v from "valibot";
import type { SourcePlugin } from "../plugin/contract.ts";
import { secret } from "../plugin/secret.ts";
import type { SourceRecord } from "../store/store.ts";
import { createVault } from "../vault/vault.ts";
import { currentSecrets, keptConfig, shownConfig } from "./kept-config.ts";
import type { ListedPlugin } from "./plugin-catalogue.ts";

const vault = createVault(new Uint8Array(32).fill(7));
const uuid = "0192a3b4-0000-7000-8000-000000000001";
const TOKEN = "a-token-that-nobody-may-see";

const listed = (secrets: readonly string[], change: Partial<SourcePlugin> = {}): ListedPlugin => ({
  plugin: {
    ...{ apiVersion: 1, name: "crm", version: "1.0.0", config: v.looseObject({ token: secret(v.string()) }) },
    ...{ verify: null, title: { ru: "CRM", en: "CRM" }, summary: { ru: "CRM", en: "CRM" } },
    ...change,
  },
  secrets,
});

/** A source with a config as the plugin of then kept it. */
const sourceWith = (plugin: ListedPlugin, whole: Readonly<Record<string, unknown>>): SourceRecord =>
  ({ uuid, ...keptConfig(vault, uuid, plugin, whole) }) as SourceRecord;

const first = listed(["access.token", "key"]);
const whole = { domain: "shop", access: { token: TOKEN, zone: "ru" }, key: "k" };

test("a config is kept without its secrets, which lie sealed beside it", () => {
  const kept = keptConfig(vault, uuid, first, whole);
  expect(kept.config).toEqual({ domain: "shop", access: { zone: "ru" } });
  expect(kept.configVersion).toBe(1);
  expect(JSON.stringify(kept)).not.toContain(TOKEN);
  expect(keptConfig(vault, uuid, listed(["key"], { configVersion: 4 }), { key: null })).toEqual({
    ...{ config: { key: null }, sealedConfig: null, configVersion: 4 },
  });
});

test("a config is shown without its secrets, with the names of those that are set", () => {
  const source = sourceWith(first, whole);
  const shown = { config: { domain: "shop", access: { zone: "ru" } }, configVersion: 1 };
  expect(shownConfig(vault, source, first)).toEqual({ ...shown, secretsSet: ["access.token", "key"] });
  expect(shownConfig(vault, source, null)).toEqual({ ...shown, secretsSet: ["access.token", "key"] });
});

test("what a later plugin calls a secret is no longer shown, though it was stored as none", () => {
  const source = sourceWith(listed([]), { domain: "shop", key: "k" });
  expect(shownConfig(vault, source, listed(["key"]))).toMatchObject({
    config: { domain: "shop" },
    secretsSet: ["key"],
  });
});

test("a secret that a migration leaves where the schema has none is not shown either", () => {
  const source = sourceWith(first, whole);
  const careless = listed(["token"], {
    configVersion: 2,
    migrateConfig: ({ access, ...rest }) => ({ ...rest, notes: [`was ${TOKEN}`, "fine"], access, token: TOKEN }),
  });
  const shown = shownConfig(vault, source, careless);
  expect(shown).toEqual({
    ...{ config: { domain: "shop", notes: ["fine"], access: { zone: "ru" } }, configVersion: 2 },
    secretsSet: ["token"],
  });
  expect(currentSecrets(vault, source, careless)).toEqual(new Map([["token", TOKEN]]));
});

test("where a config cannot be brought to the plugin's version it is shown as it is stored, and its secrets are kept", () => {
  const source = sourceWith(first, whole);
  const broken = listed(["key"], {
    configVersion: 2,
    migrateConfig() {
      throw new Error("no road");
    },
  });
  expect(shownConfig(vault, source, broken)).toEqual({
    ...{ config: { domain: "shop", access: { zone: "ru" } }, configVersion: 1 },
    secretsSet: ["access.token", "key"],
  });
  expect(currentSecrets(vault, source, broken)).toEqual(new Map([["key", "k"]]));
});
