import { expect, test } from "bun:test";
import * as v from "valibot";
import type { SourcePlugin } from "../plugin/contract.ts";
import { sharedSecret } from "../plugin/verifiers/shared-secret.ts";
import { verifierOf } from "./source-verifier.ts";

const verifier = sharedSecret("X-Secret");
const plugin = (verify: SourcePlugin["verify"]): SourcePlugin => ({
  ...{ apiVersion: 1, name: "crm", version: "1.0.0", config: v.object({}), verify },
  ...{ title: { ru: "CRM", en: "CRM" }, summary: { ru: "CRM", en: "CRM" } },
});
const opened = { ok: true, config: { header: "X-Secret" } } as const;
const unfit = { ok: false, code: "config_sealed", reason: { ru: "Нет.", en: "No." } } as const;

test("a plugin's one verifier is that of each source, whatever its config", () => {
  expect(verifierOf(plugin(verifier), unfit)).toBe(verifier);
  expect(verifierOf(plugin(null), opened)).toBeNull();
});

test("where the config chooses, a config that cannot be read and a choice that throws give none", () => {
  const chosen = (config: unknown) => (config === opened.config ? verifier : sharedSecret("X-Other"));
  expect(verifierOf(plugin(chosen), opened)).toBe(verifier);
  expect(verifierOf(plugin(chosen), unfit)).toBeNull();
  const careless = () => {
    throw new Error("no choice");
  };
  expect(verifierOf(plugin(careless), opened)).toBeNull();
});
