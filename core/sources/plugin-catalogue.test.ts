import { expect, test } from "bun:test";
import * as v from "valibot";
import type { SourcePlugin } from "../plugin/contract.ts";
import { secret } from "../plugin/secret.ts";
import { createPluginCatalogue, PluginUnfitError } from "./plugin-catalogue.ts";

const plugin = (name: string, config: SourcePlugin["config"] = v.object({})): SourcePlugin => ({
  ...{ apiVersion: 1, name, version: "1.2.0", config, verify: null },
  ...{ title: { ru: name, en: name }, summary: { ru: name, en: name } },
});

test("plugins are listed by name and found with the paths of their secrets", () => {
  const catalogue = createPluginCatalogue([plugin("zoo"), plugin("crm", v.object({ token: secret(v.string()) }))]);
  expect(catalogue.list.map((listed) => listed.plugin.name)).toEqual(["crm", "zoo"]);
  expect(catalogue.find("crm")?.secrets).toEqual(["token"]);
  expect(catalogue.find("toString")).toBeNull();
});

test("two plugins of one name, and a secret that could be missed, are told by the plugin's name", () => {
  expect(() => createPluginCatalogue([plugin("crm"), plugin("crm")])).toThrow('Two plugins are named "crm".');
  const careless = plugin("crm", v.object({ tokens: v.array(secret(v.string())) }));
  expect(() => createPluginCatalogue([careless])).toThrow(PluginUnfitError);
  expect(() => createPluginCatalogue([careless])).toThrow('crm 1.2.0 cannot be kept: the secret "tokens.[]"');
});
