import { expect, test } from "bun:test";
import { checkAmocrm } from "./check.ts";
import { createTestSource } from "./test-account.ts";

async function check(...given: Parameters<typeof createTestSource>) {
  const { source, amocrm } = createTestSource(...given);
  const destination = `https://gateway.example/sources/amocrm/${source.id}/secret`;
  amocrm.account = { webhooks: [{ destination, disabled: false }], ...amocrm.account };
  const { checks } = await checkAmocrm(source);
  return {
    failed: checks.filter(({ ok }) => !ok).map(({ code }) => code),
    codes: checks.map(({ code }) => code),
    said: checks.map(({ message }) => message.en).join("\n"),
  };
}

test("a source that lacks nothing passes, and the stages that nobody has mapped are named", async () => {
  const { failed, codes, said } = await check();
  expect(failed).toEqual([]);
  expect(codes).toEqual(["token", "account", "hook", "stages", "unmapped_stages", "identifiers"]);
  expect(said).toContain("Продажи: Закрыто и не реализовано (143), Продажи: Переговоры (20067736)");
  expect((await check({ unmapped_stages: "ignore" })).codes).not.toContain("unmapped_stages");
});

test("a refused token is the only thing that is told", async () => {
  const { failed, codes } = await check({ access_token: "another" });
  expect([failed, codes]).toEqual([["token"], ["token"]]);
});

test("a token of another account is found", async () => {
  expect((await check({ account_id: "1" })).failed).toEqual(["account"]);
});

test("a hook that is missing or switched off is found", async () => {
  expect((await check({}, { webhooks: [] })).failed).toEqual(["hook"]);
});

test("stages, pipelines and fields that the account does not have are named", async () => {
  const targets = [
    { pipeline: "Опт", stages: ["142"], target: "a" },
    { pipeline: "продажи", stages: ["успешно реализовано", "Оплачено"], target: "b" },
  ];
  const price = { from: "field" as const, field: "Маржа" };
  const { failed, said } = await check({ targets, price, identifiers: { client_id: ["ClientID"], yclid: [] } });
  expect(failed).toEqual(["stages", "identifiers", "fields"]);
  expect(said).toContain("no such pipelines or stages: Опт, Оплачено.");
  expect(said).toContain("no such fields: Маржа.");
  expect((await check({ identifiers: { client_id: ["metrika clientid"] } })).failed).toEqual([]);
});

test("a source that asks amoCRM for nothing says so", async () => {
  expect((await check({ enrich: false })).codes).toEqual(["token"]);
});
