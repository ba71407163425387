import { expect, test } from "bun:test";
import { createPluginCatalogue } from "../core/sources/plugin-catalogue.ts";
import { bundled } from "./plugins.ts";

test("the secrets of amoCRM's config are found wherever they stand", () => {
  const catalogue = createPluginCatalogue([bundled.amocrm]);
  expect(catalogue.find("amocrm")?.secrets).toEqual(["access_token", "oauth.client_secret", "oauth.code"]);
});
