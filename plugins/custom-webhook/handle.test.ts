import { expect, test } from "bun:test";
import { ExpressionError, parseExactJson, type RawIntake, Unusable } from "metrika-gateway/plugin";
import { recordingSource } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { Config } from "./config.ts";
import { formExample, formMapping, jsonExample, jsonMapping } from "./examples.ts";
import { handle } from "./handle.ts";

const intakeOf = (body: unknown, query = ""): RawIntake => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    ...{ id: "1", receivedAt: new Date("2026-11-20T12:00:00Z"), attempt: 1, method: "POST", headers: new Headers() },
    query: new URLSearchParams(query),
    raw: () => Buffer.from(text),
    text: () => text,
    readForm: async () => parseExactJson(text),
  };
};

async function map(mapping: unknown, body: unknown, query = "") {
  const source = recordingSource(v.parse(Config, { mapping }), {
    now: () => new Date("2026-11-20T12:00:00Z"),
  });
  const leftovers = await handle(source, intakeOf(body, query));
  return { leftovers: leftovers.map(({ code }) => code), emitted: source.emitted };
}

test("a list of a foreign JSON becomes conversions, each known by its own key", async () => {
  const { leftovers, emitted } = await map(jsonMapping, jsonExample);
  expect(leftovers).toEqual([]);
  expect(emitted).toHaveLength(1);
  expect(emitted[0]?.options.keys).toEqual(["A-1001", "A-1002"]);
  expect(emitted[0]?.facts[0]).toMatchObject({
    ...{ client_id: "1770146617335078468", target: "order_paid", price: "15990.00" },
    date_time: "2026-11-20T10:15:00+03:00",
  });
});

test("a list of one is a list", async () => {
  const { emitted } = await map(jsonMapping, { orders: jsonExample.orders.slice(0, 1) });
  expect(emitted[0]?.facts).toHaveLength(1);
});

test("an expression may give all of it, and a missing time is the time of receipt", async () => {
  const { emitted } = await map(formMapping, formExample);
  expect(emitted[0]?.facts).toEqual([
    {
      ...{ client_id: "1770146617335078468", target: "till_sale", price: "1990.50" },
      date_time: "2026-11-20T12:00:00.000Z",
    },
  ]);
});

test("an identifier that was sent as a number keeps its digits", async () => {
  const mapping = { by: "fields", fields: { client_id: "body.id", target: '"sale"' } };
  const { emitted } = await map(mapping, '{"id": 1770146617335078468}');
  expect(emitted[0]?.facts[0]).toMatchObject({ client_id: "1770146617335078468" });
});

test("a request without a body is mapped by its query", async () => {
  const mapping = { by: "fields", fields: { client_id: "query.cid", target: '"call"' } };
  const { emitted } = await map(mapping, "", "cid=123456789012345678");
  expect(emitted[0]?.facts[0]).toMatchObject({ client_id: "123456789012345678" });
});

test("events of a CRM that the expression does not ask for are nothing to attend to", async () => {
  const expression = `body[propertyValue="closedwon"].{"client_id": clientId, "target": "won", "key": $string(objectId)}`;
  const event = { propertyValue: "closedwon", objectId: 1246965, clientId: "1770146617335078468" };
  const won = await map({ by: "expression", expression }, [{ propertyValue: "lost" }, event]);
  expect(won.emitted[0]?.options.keys).toEqual(["1246965"]);
  const lost = await map({ by: "expression", expression }, [{ propertyValue: "lost" }]);
  expect([lost.leftovers, lost.emitted]).toEqual([["nothing_mapped"], []]);
});

test("rows for another counter go to it, and a counter that is no number goes nowhere", async () => {
  const expression = `body.{"client_id": "1770146617335078468", "target": "a", "counter_id": c}`;
  const { emitted, leftovers } = await map({ by: "expression", expression }, [{ c: "777" }, { c: "shop" }, {}]);
  expect(emitted.map(({ options }) => options.counterId)).toEqual([777, undefined]);
  expect(leftovers).toEqual(["counter_unknown"]);
});

test("what a mapping skips, misnames or makes no object of is told apart", async () => {
  const expression = `[{"target": "a", "skip": "test order"}, {"target": "a", "clientid": "1"}, "text"]`;
  const { leftovers, emitted } = await map({ by: "expression", expression }, {});
  expect([leftovers, emitted]).toEqual([["skipped", "field_unknown", "not_an_object"], []]);
});

test("phone and e-mail are handed over beside the fact, not in it", async () => {
  const expression = `{"target": "a", "phone": body.phone, "email": body.mail}`;
  const { emitted } = await map({ by: "expression", expression }, { phone: "+7 900 000-00-00", mail: "a@example.com" });
  expect(emitted[0]?.options.contacts).toEqual([{ phones: ["+7 900 000-00-00"], emails: ["a@example.com"] }]);
  expect(JSON.stringify(emitted[0]?.facts)).not.toContain("900");
});

test("an expression that fails makes the request a dead letter with its place", async () => {
  const failing = map({ by: "expression", expression: "$number(body.sum)" }, { sum: "ten" });
  await expect(failing).rejects.toThrow(Unusable);
  const busy = recordingSource(v.parse(Config, { mapping: formMapping }), {
    evaluate: () => Promise.reject(new ExpressionError("expressions_busy", { ru: "Занято", en: "Busy" })),
  });
  await expect(handle(busy, intakeOf(formExample))).rejects.toThrow("Busy");
});

test("a mapping that cannot be read is refused with the place, before anything comes", () => {
  const parsed = v.safeParse(Config, { mapping: { by: "expression", expression: "{'a': " } });
  expect(parsed.issues?.[0]?.message).toStartWith("At character 6:");
  const withoutGoal = v.safeParse(Config, { mapping: { by: "fields", fields: { client_id: "body.id" } } });
  expect(withoutGoal.issues?.[0]?.message).toContain("fields.target is missing");
});
