import { describe, expect, test } from "bun:test";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { normaliseConversion } from "../../conversion/normalise.ts";
import type { Deal, DealField } from "./deal.ts";
import { mapDeal } from "./map-deal.ts";
import { dealMapping } from "./mapping.ts";

const Config = v.object(dealMapping({ identifiers: { client_id: ["_ym_uid"], yclid: ["YCLID"] } }));

const field = (code: string, ...values: readonly string[]): DealField => ({ id: null, code, name: null, values });

const won: Deal = {
  account: "shop.amocrm.ru",
  kind: "lead",
  id: "2050297",
  pipeline: ["3104455", "Продажи"],
  stage: ["142", "Успешно реализовано"],
  happenedAt: 1_795_187_100,
  price: "24990.50",
  currency: "RUB",
  fields: [field("_YM_UID", "1772125921407675467")],
  contact: { phones: ["+79990000000"], emails: [] },
};

const winning = { targets: [{ stages: ["142"], target: "deal_won" }] };

function map(config: v.InferInput<typeof Config>, deal: Partial<Deal> = {}) {
  return mapDeal(v.parse(Config, config), { ...won, ...deal });
}

const factsOf = (...given: Parameters<typeof map>) => map(...given).facts.map(({ fact }) => fact);
const codesOf = (...given: Parameters<typeof map>) => map(...given).leftovers.map(({ code, needs }) => [code, needs]);

test("a deal at a mapped stage is one conversion, which the sink takes as it is", () => {
  const [mapped] = map(winning).facts;
  expect(mapped).toEqual({
    fact: {
      client_id: "1772125921407675467",
      target: "deal_won",
      date_time: 1_795_187_100,
      price: "24990.50",
      currency: "RUB",
    },
    key: "shop.amocrm.ru\nlead\n2050297",
    counterId: null,
    contact: won.contact,
    subject: "lead 2050297",
  });
  const options = { timeZone: "UTC", defaultCurrency: "RUB", allowPersonalUserId: false, now: 1_795_190_000_000 };
  expect(normaliseConversion(mapped?.fact, options)).toMatchObject({ ok: true, warnings: [] });
});

test("a buyer who can be reached by nothing is no contact", () => {
  expect(map(winning, { contact: { phones: [], emails: [] } }).facts[0]?.contact).toBeNull();
});

describe("stages and pipelines", () => {
  test("are known by id, code or name, in any letter case", () => {
    const targets = [{ pipeline: "продажи ", stages: ["УСПЕШНО реализовано"], target: "deal_won" }];
    expect(factsOf({ targets })).toHaveLength(1);
  });

  test("each line that fits gives its target, and a target comes once", () => {
    const targets = [
      { stages: ["142"], target: "deal_won" },
      { pipeline: "3104455", stages: ["141", "142"], target: "sale" },
      { pipeline: "3104455", stages: ["142"], target: "deal_won", price: { from: "none" } as const },
      { pipeline: "5", stages: ["142"], target: "elsewhere" },
    ];
    expect(factsOf({ targets }).map(({ target, price }) => [target, price])).toEqual([
      ["deal_won", "24990.50"],
      ["sale", "24990.50"],
    ]);
  });

  test("an unknown stage waits for a person and names itself", () => {
    const { facts, leftovers } = map(winning, { stage: ["9931855", "Договор"] });
    expect(facts).toEqual([]);
    expect(leftovers).toMatchObject([{ subject: "lead 2050297", code: "stage_not_mapped", needs: "person" }]);
    expect(leftovers[0]?.message.en).toContain('Stage "Договор (9931855)" of pipeline "Продажи (3104455)"');
  });

  test("a stage that is listed as no news, and every other one if so configured, need nobody", () => {
    const stage = ["143", "Закрыто и не реализовано"];
    expect(codesOf({ ...winning, ignore_stages: ["закрыто и не реализовано"] }, { stage })).toEqual([
      ["stage_ignored", "nothing"],
    ]);
    expect(codesOf({ ...winning, unmapped_stages: "ignore" }, { stage })).toEqual([["stage_not_mapped", "nothing"]]);
  });

  test("a pipeline that no line names needs nobody", () => {
    const targets = [{ pipeline: "5", stages: ["142"], target: "deal_won" }];
    expect(codesOf({ targets })).toEqual([["pipeline_not_mapped", "nothing"]]);
    expect(codesOf({ targets }, { pipeline: [] })).toEqual([["pipeline_not_mapped", "nothing"]]);
  });
});

describe("identifiers", () => {
  const identifiersOf = (fields: readonly DealField[], identifiers?: v.InferInput<typeof Config>["identifiers"]) => {
    const [fact] = factsOf({ ...winning, ...(identifiers && { identifiers }) }, { fields });
    return [fact?.client_id, fact?.yclid, fact?.user_id];
  };

  test("are found by code, id or name in any letter case, the fields named first before the others", () => {
    const named: DealField = { id: "316923", code: null, name: "Metrika ClientID", values: ["166981941248857364"] };
    expect(identifiersOf([named], { client_id: ["316923"] })[0]).toBe("166981941248857364");
    expect(identifiersOf([named], { client_id: ["metrika clientid"] })[0]).toBe("166981941248857364");
    expect(identifiersOf([named, field("b", "2")], { client_id: ["B", "316923"] })[0]).toBe("2");
    expect(identifiersOf([named], { client_id: ["_ym_uid"] })[0]).toBeUndefined();
  });

  test("the deal's field counts before its contact's, and the first usable of several values", () => {
    expect(identifiersOf([field("_YM_UID", "1"), field("_YM_UID", "2")])[0]).toBe("1");
    expect(identifiersOf([field("_YM_UID", ""), field("_YM_UID", "<не указано>", " 2 ", "3")])[0]).toBe("2");
  });

  test("keep every digit", () => {
    const fields = [field("_YM_UID", "1770146617335078468"), field("YCLID", "17465234987234598721")];
    expect(identifiersOf(fields)).toEqual(["1770146617335078468", "17465234987234598721", undefined]);
  });

  for (const junk of ["{callerphone}", "<не указано>", "null", "undefined", "0", "000", "-", "%ym_uid%", "GA1.2.3.4"]) {
    test(`${JSON.stringify(junk)} is no ClientID`, () => {
      expect(identifiersOf([field("_YM_UID", junk), field("_YM_UID", "7")])[0]).toBe("7");
      expect(identifiersOf([field("_YM_UID", junk)])[0]).toBeUndefined();
    });
  }

  test("two numbers with a dot between them are a ClientID only where nothing else is known", () => {
    const google = field("_YM_UID", "1234567890.1234567890");
    expect(identifiersOf([google])).toEqual(["1234567890.1234567890", undefined, undefined]);
    expect(identifiersOf([google, field("YCLID", "5")])).toEqual([undefined, "5", undefined]);
    expect(identifiersOf([google, field("_YM_UID", "7")])[0]).toBe("7");
  });

  test("a user id is any visible text, but not the zero of a guest", () => {
    const userId = (value: string) => identifiersOf([field("uid", value)], { user_id: ["UID"] })[2];
    expect(userId("customer-42")).toBe("customer-42");
    expect(userId("0")).toBeUndefined();
    expect(userId("two words")).toBeUndefined();
  });

  test("a purchase id is sent only where its field is named", () => {
    const fields = [...won.fields, field("ORDER", "order-17")];
    expect(factsOf(winning, { fields })[0]).not.toHaveProperty("purchase_id");
    expect(factsOf({ ...winning, purchase_id: "order" }, { fields })[0]?.purchase_id).toBe("order-17");
  });
});

test("the currency of the config comes before the CRM's, and none is left to the source", () => {
  expect(factsOf({ ...winning, currency: "KZT" })[0]?.currency).toBe("KZT");
  expect(factsOf(winning, { currency: null })[0]).not.toHaveProperty("currency");
});

describe("several counters", () => {
  const config = { ...winning, route: { field: "site", counters: { "shop.example": 101, "Второй сайт": 102 } } };
  const counterOf = (...values: readonly string[]) => {
    const { facts, leftovers } = map(config, { fields: [field("SITE", ...values)] });
    return facts.length > 0 ? facts[0]?.counterId : `${leftovers[0]?.code} ${leftovers[0]?.needs}`;
  };

  test("a value leads to its counter as the list has it, as a host, or as the counter's number", () => {
    expect(counterOf("второй сайт")).toBe(102);
    expect(counterOf("https://www.shop.example/thanks?id=1")).toBe(101);
    expect(counterOf("SHOP.example/cart")).toBe(101);
    expect(counterOf("98765432")).toBe(98765432);
  });

  test("an unknown value sets the deal aside and goes nowhere", () => {
    expect(counterOf("https://other.example/")).toBe("counter_unknown person");
    expect(counterOf("https://shop.example.evil.example/")).toBe("counter_unknown person");
    expect(counterOf("третий")).toBe("counter_unknown person");
    expect(counterOf("-5")).toBe("counter_unknown person");
  });

  test("an empty field sets the deal aside unless the config says that it is the source's", () => {
    expect(counterOf("")).toBe("counter_unknown person");
    const route = { ...config.route, without_value: "own_counter" as const };
    expect(map({ ...config, route }, { fields: [] }).facts[0]?.counterId).toBeNull();
  });
});

test("every field of the config has a title and a description in its JSON Schema", () => {
  const { properties = {} } = toJsonSchema(Config, { target: "draft-2020-12", typeMode: "input" });
  for (const schema of Object.values(properties)) {
    expect(schema).toMatchObject({ title: expect.any(String), description: expect.any(String) });
  }
  expect(Object.keys(properties)).toContain("targets");
});
