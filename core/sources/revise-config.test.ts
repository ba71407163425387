import { expect, test } from "bun:test";
import { revisedConfig } from "./revise-config.ts";

const paths = ["token", "access.key"];
const secrets = new Map([
  ["token", "old token"],
  ["access.key", "old key"],
]);

test("secrets that are left out keep their values, those that are given replace them", () => {
  expect(revisedConfig({ domain: "shop" }, secrets, paths)).toEqual([
    { domain: "shop", token: "old token", access: { key: "old key" } },
  ]);
  expect(revisedConfig({ token: "new", access: { zone: "ru" } }, secrets, paths)).toEqual([
    { token: "new", access: { zone: "ru", key: "old key" } },
  ]);
});

test("null takes a secret away: it is gone, or null where the schema wants it so", () => {
  expect(revisedConfig({ token: null }, secrets, paths)).toEqual([
    { access: { key: "old key" } },
    { token: null, access: { key: "old key" } },
  ]);
  expect(revisedConfig({ token: "new", access: { key: null } }, secrets, paths)).toEqual([
    { token: "new", access: {} },
    { token: "new", access: { key: null } },
  ]);
});

test("null in place of a group takes its secrets away", () => {
  expect(revisedConfig({ token: "new", access: null }, secrets, paths)).toEqual([
    { token: "new" },
    { token: "new", access: null },
  ]);
});

test("of a new source nothing is kept, and rubbish is left for the schema to judge", () => {
  expect(revisedConfig({ domain: "shop" }, new Map(), paths)).toEqual([{ domain: "shop" }]);
  expect(revisedConfig({ token: "new", access: "rubbish" }, secrets, paths)).toEqual([
    { token: "new", access: "rubbish" },
  ]);
});

test("what was given is not changed", () => {
  const given = { token: null, access: { key: null } };
  revisedConfig(given, secrets, paths);
  expect(given).toEqual({ token: null, access: { key: null } });
});
