import { expect, test } from "bun:test";
import { asList, asRecord } from "metrika-gateway/plugin";
import { borrowedFields, readContact, readEntity } from "./read-entity.ts";

const answer = async (name: string): Promise<unknown> => {
  const file = Bun.file(`${import.meta.dir}/../../tests/fixtures/bitrix24-api/${name}.json`);
  return asRecord(await file.json()).result;
};

test("the documentation's deal is read; its planned date is no time of anything", async () => {
  const deal = readEntity("deal", await answer("deal"));
  expect(deal).toMatchObject({
    ...{ entity: "deal", id: "410", stageId: "PREPARATION", semantics: "P", categoryId: "0" },
    ...{ movedTime: "2024-08-30T14:29:00+02:00", price: "1000000.00", currency: "EUR" },
    ...{ leadId: null, contactId: "84", reachedBy: { phones: [], emails: [] } },
  });
  expect(deal?.fields).toContainEqual({
    ...{ id: null, code: "UF_CRM_1721244482250", name: null },
    values: ["Привет мир!"],
  });
  expect(deal?.fields.some(({ code }) => code === "UTM_TERM")).toBe(false);
});

test("the documentation's lead is read, and reached by its phone", async () => {
  expect(readEntity("lead", await answer("lead"))).toMatchObject({
    ...{ entity: "lead", id: "123", stageId: "IN_PROCESS", semantics: "P", categoryId: null, contactId: null },
    ...{ movedTime: "2024-05-23T18:18:25+03:00", price: "0.00", currency: "RUB" },
    reachedBy: { phones: ["+5454777777"], emails: [] },
  });
});

test("the documentation's stages tell what they mean", async () => {
  const stages = asList(await answer("stages")).map(asRecord);
  expect(stages.map(({ STATUS_ID, SEMANTICS }) => [STATUS_ID, SEMANTICS])).toEqual([
    ["WON", "S"],
    ["LOSE", "F"],
    ["APOLOGY", "F"],
  ]);
});

test("nothing, in any of its spellings, is no value", () => {
  const told = { ID: "1", STAGE_ID: "WON", A: "", B: null, C: false, D: [], E: [""], F: {}, G: "0", H: true };
  const codes = readEntity("deal", told)?.fields.map(({ code }) => code);
  expect(codes).toEqual(["ID", "STAGE_ID", "G", "H"]);
});

test("what is no deal is none", () => {
  for (const told of [null, [], "x", {}, { ID: "1" }, { ID: "0", STAGE_ID: "WON" }, { ID: "../1", STAGE_ID: "WON" }]) {
    expect(readEntity("deal", told)).toBeNull();
  }
});

test("of a lead or contact only fields of people's own and marks of campaigns are borrowed", () => {
  const lead = { ID: "1", OPPORTUNITY: "5", UF_CRM_X: "a", UTM_SOURCE: "ya", SOURCE_DESCRIPTION: "yclid=17465234987" };
  expect(borrowedFields(lead, ["yclid"]).map(({ code, values }) => [code, ...values])).toEqual([
    ["UF_CRM_X", "a"],
    ["UTM_SOURCE", "ya"],
    ["yclid", "17465234987"],
  ]);
});

test("phones come as a list, keyed by a number, or as one text", () => {
  const told = { PHONE: { 1: { VALUE: "+79990000000" }, 5: { VALUE: "+79990000001" } }, EMAIL: "a@shop.example" };
  expect(readContact(told)).toEqual({ phones: ["+79990000000", "+79990000001"], emails: ["a@shop.example"] });
});
