import { expect, test } from "bun:test";
import { secret } from "metrika-gateway/plugin";
import * as v from "valibot";
import type { ProblemError } from "../../core/plugin/problem.ts";
import { problemDocument } from "../../core/plugin/problem.ts";
import { secretPaths } from "../../core/plugin/secret.ts";
import { type JudgedConfig, judgeConfig } from "./config-faults.ts";
import { invalidFields } from "./field-faults.ts";

const Config = v.object({
  domain: v.pipe(v.string(), v.regex(/^[\w.]+$/, "Give the domain without https://")),
  access: v.optional(v.object({ token: v.pipe(secret(v.string()), v.minLength(8), v.regex(/^\w+$/)) })),
  stages: v.optional(v.looseObject({ won: v.object({ target: v.string() }) })),
  kind: v.optional(v.picklist(["deal", "lead"])),
});

const judge = (config: Readonly<Record<string, unknown>>, schema: v.GenericSchema = Config) => {
  const text = { ru: "CRM", en: "CRM" };
  const plugin = { apiVersion: 1, name: "crm", version: "1.0.0", config: schema, verify: null } as const;
  return judgeConfig({ plugin: { ...plugin, title: text, summary: text }, secrets: secretPaths(schema) }, config);
};

/** The faults as whoever made the request reads them. */
function told(judged: JudgedConfig) {
  if (judged.ok) throw new Error("The config has no fault.");
  const problem: ProblemError = invalidFields(judged.faults);
  const { errors } = problemDocument(problem, { language: "en", requestId: "1" });
  return errors as readonly { readonly field: string; readonly code: string; readonly message: string }[];
}

test("a config that fits is read as the plugin reads it", () => {
  expect(judge({ domain: "shop.ru", stages: { won: { target: "sale" }, more: 1 } })).toEqual({
    ok: true,
    config: { domain: "shop.ru", stages: { won: { target: "sale" }, more: 1 } },
  });
});

test("each fault is told by the field's path in the request", () => {
  const faults = told(judge({ stages: { won: {} }, kind: "other" }));
  expect(faults.map(({ field, code }) => [field, code])).toEqual([
    ["config.domain", "required"],
    ["config.stages.won.target", "required"],
    ["config.kind", "not_one_of"],
  ]);
});

test("a message of the plugin's own is told as it stands", () => {
  expect(told(judge({ domain: "https://shop" }))).toEqual([
    { field: "config.domain", code: "bad_format", message: "Give the domain without https://" },
  ]);
});

test("fields that the schema does not have are told, also deeper and where the schema would drop them", () => {
  const faults = told(
    judge({ domain: "shop", acess: { token: "x" }, access: { token: "longtoken", tokn: "longtoken" } }),
  );
  expect(faults.map(({ field, code }) => [field, code])).toEqual([
    ["config.acess", "unknown_field"],
    ["config.access.tokn", "unknown_field"],
  ]);
  expect(told(judge({ domain: "shop", more: 1 }, v.strictObject({ domain: v.string() })))).toEqual([
    { field: "config.more", code: "unknown_field", message: "There is no such field; check its spelling." },
  ]);
});

const bad = ["short-é", "not a word at all", 1234567890123, ["listed-token"], { nested: "nested-token" }];

test.each(bad)("the value of a secret is told by no fault: %p", (token) => {
  const text = JSON.stringify(told(judge({ domain: "shop", access: { token } })));
  for (const value of ["short-é", "not a word", "1234567890123", "listed-token", "nested-token"])
    expect(text).not.toContain(value);
});

test("what stands in place of a group with a secret is not told either", () => {
  expect(JSON.stringify(told(judge({ domain: "shop", access: "my-own-token" })))).not.toContain("my-own-token");
});

test("a check of the plugin's own that throws is a fault of the config, and what it throws is not told", () => {
  const careless = v.pipe(
    Config,
    v.check(() => {
      throw new Error("thrown-token");
    }),
  );
  const faults = told(judge({ domain: "shop" }, careless));
  expect(faults.map(({ field, code }) => [field, code])).toEqual([["config", "bad_format"]]);
  expect(JSON.stringify(faults)).not.toContain("thrown-token");
});
