import { expect, test } from "bun:test";
import type { SourcePlugin } from "../plugin/contract.ts";
import type { SourceRecord } from "../store/store.ts";
import { configContext } from "../vault/secret-context.ts";
import { createVault } from "../vault/vault.ts";
import { checkSource } from "./check-source.ts";
import type { ContextDeps } from "./context.ts";

const vault = createVault(new Uint8Array(32).fill(7));
const uuid = "0192a3b4-0000-7000-8000-000000000001";
const TOKEN = "plainly-secret-token";
const sealedConfig = vault.seal(JSON.stringify({ access_token: TOKEN }), configContext(uuid));
const source = { uuid, plugin: "crm", counterId: 1, sealedConfig } as SourceRecord;
// A check that neither emits nor keeps anything needs no more of it.
const deps = { store: { installation: { uuid } }, vault, now: () => 0 } as unknown as ContextDeps;

const ask = (check: NonNullable<SourcePlugin["check"]>, patienceMs?: number) =>
  checkSource(deps, check, source, {}, patienceMs);

test("a check that hangs is given up, and told that its time is over", async () => {
  const aborted = Promise.withResolvers<void>();
  const { checks } = await ask((context) => {
    context.signal.addEventListener("abort", () => aborted.resolve());
    return new Promise(() => {});
  }, 20);
  expect(checks).toEqual([{ code: "check_timed_out", ok: false, message: expect.anything() }]);
  expect(checks[0]?.message.en).toContain("0.02 s");
  await aborted.promise;
});

test("a check that ends in time leaves no timer, and its signal is aborted behind it", async () => {
  let signal: AbortSignal | null = null;
  const found = [{ code: "token", ok: true, message: { ru: "Хорошо.", en: "Well." } }];
  const health = await ask(async (context) => {
    signal = context.signal;
    expect(signal.aborted).toBe(false);
    return { checks: found };
  });
  expect(health.checks).toEqual(found);
  expect(signal).toMatchObject({ aborted: true });
});

test("a secret of the config that a check quotes is masked", async () => {
  const quote = `401 for ${TOKEN}, ask anna@example.com`;
  const { checks } = await ask(async () => ({
    checks: [{ code: "token", ok: false, message: { ru: quote, en: quote } }],
  }));
  const masked = "401 for ***, ask a***@example.com";
  expect(checks[0]?.message).toEqual({ ru: masked, en: masked });
});
