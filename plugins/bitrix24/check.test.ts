import { expect, test } from "bun:test";
import { checkBitrix } from "./check.ts";
import { createTestSource } from "./test-portal.ts";

async function check(...given: Parameters<typeof createTestSource>) {
  const { checks } = await checkBitrix(createTestSource(...given).source);
  return {
    failed: checks.filter(({ ok }) => !ok).map(({ code }) => code),
    codes: checks.map(({ code }) => code),
    said: checks.map(({ message }) => message.en).join("\n"),
  };
}

test("a source that lacks nothing passes, and the stages that nobody has mapped are named", async () => {
  const { failed, codes, said } = await check();
  expect([failed, codes]).toEqual([[], ["token", "scope", "stages", "unmapped_stages", "identifiers"]]);
  expect(said).toContain("Продажи: Новая (NEW), Сервис: Новая (C3:NEW)");
  expect((await check({ ignore_stages: ["P", "F"] })).codes).not.toContain("unmapped_stages");
});

test("a webhook without the permission CRM is the only thing that is told, and so is a refused one", async () => {
  expect((await check({}, { scopes: ["user_brief"] })).failed).toEqual(["scope"]);
  const { source, bitrix } = createTestSource();
  bitrix.codes.clear();
  expect((await checkBitrix(source)).checks).toMatchObject([{ code: "token", ok: false }]);
});

test("an owner who sees only some of the deals is named", async () => {
  const { failed, said } = await check({}, { isAdmin: false });
  expect(failed).toEqual([]);
  expect(said).toContain("deals that they do not see become no conversions");
});

test("stages and fields that the portal does not have are named", async () => {
  const targets = [
    { pipeline: "Опт", stages: ["S"], target: "a" },
    { pipeline: "продажи", stages: ["C3:WON"], target: "b" },
  ];
  const price = { from: "field" as const, field: "UF_CRM_MARGIN" };
  const { failed, said } = await check({ targets, price, identifiers: { client_id: ["ClientID"], yclid: [] } });
  expect(failed).toEqual(["stages", "identifiers", "fields"]);
  expect(said).toContain("no such pipelines or stages: Опт, C3:WON.");
  expect(said).toContain("no such fields: UF_CRM_MARGIN.");
});

test("leads are looked at where they are read, and a label counts as a field", async () => {
  const targets = [{ pipeline: "Лиды", stages: ["Качественный лид"], target: "qualified" }];
  const identifiers = { client_id: ["_ym_uid"], yclid: [] };
  const { failed } = await check({ entities: ["lead"], targets, identifiers, text_labels: ["_ym_uid"] });
  expect(failed).toEqual([]);
});
