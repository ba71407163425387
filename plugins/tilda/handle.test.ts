import { expect, test } from "bun:test";
import { recordingSource, sentRequest } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { Config } from "./config.ts";
import { callbackRequest, cartRequest, testRequest } from "./examples.ts";
import { handleForm } from "./handle.ts";

const FORM = "application/x-www-form-urlencoded";
const now = () => new Date("2026-11-20T12:00:00Z");

async function handle(body: string, config: object = {}) {
  const parsed = v.parse(Config, {
    targets: [
      { stages: ["cart"], target: "order" },
      { stages: ["form508388136"], target: "callback", price: { from: "none" } },
    ],
    ...config,
  });
  const source = recordingSource(parsed, { now });
  const leftovers = await handleForm(source, sentRequest({ body, type: FORM, receivedAt: now() }));
  const facts = source.emitted.flatMap(({ facts, options }) =>
    facts.map((fact, i) => ({ fact, key: options.keys?.[i], contact: options.contacts?.[i] })),
  );
  return { facts, leftovers: leftovers.map(({ code }) => code) };
}

test("an order in the cart becomes a conversion of its visitor, at the time of receipt", async () => {
  const { facts, leftovers } = await handle(cartRequest);
  expect(leftovers).toEqual([]);
  expect(facts).toHaveLength(1);
  expect(facts[0]?.fact).toMatchObject({
    ...{ client_id: "1770146617335078468", target: "order", price: "50600" },
    date_time: "2026-11-20T12:00:00.000Z",
  });
  expect(facts[0]?.key).toContain("1445725799");
});

test("a request is known by its form, and the ClientID is taken from call tracking where Metrika's cookie is missing", async () => {
  const { facts } = await handle(callbackRequest);
  expect(facts[0]?.fact).toMatchObject({ client_id: "166981941248857364", target: "callback" });
  expect(facts[0]?.key).toContain("5489108:4282870742");
});

test("cookies that only look like Metrika's are left alone", async () => {
  const body = callbackRequest.replace(/cted.*$/, "_ym_d%3D1770146617%3B_ym_isad%3D1770146617335078468");
  const { facts } = await handle(body);
  expect(facts[0]?.fact).not.toHaveProperty("client_id", expect.any(String));
});

test("a field that the site's script has filled goes before the cookies", async () => {
  const { facts } = await handle(`ym_client_id=1664435673909428135&yclid=4398046511104&${cartRequest}`);
  expect(facts[0]?.fact).toMatchObject({ client_id: "1664435673909428135" });
});

test("phone and e-mail stand beside the fact as a contact, never in its fields", async () => {
  const { facts } = await handle(cartRequest);
  expect(facts[0]?.contact).toEqual({ phones: ["+7 (900) 000-00-00"], emails: ["buyer@example.test"] });
  expect(JSON.stringify(facts[0]?.fact)).not.toMatch(/900|buyer/);
});

test("Tilda's test of the address is answered and nothing else", async () => {
  expect(await handle(testRequest)).toEqual({ facts: [], leftovers: ["test_request"] });
});

test("a form that no target names waits for a person", async () => {
  const { facts, leftovers } = await handle(callbackRequest.replace("form508388136", "form1"));
  expect([facts, leftovers]).toEqual([[], ["stage_not_mapped"]]);
});

test("other order, missing fields, odd names and rubbish in cookies lose nothing and throw nothing", async () => {
  const turned = cartRequest.split("&").toReversed().join("&");
  expect((await handle(turned)).facts).toEqual((await handle(cartRequest)).facts);
  const odd = "payment=x&COOKIES=%25E0%25A4%3B%3D%3B_ym_uid&formid[]=a&formid[]=b&__proto__[x]=1&Имя=👋";
  expect((await handle(odd, { unmapped_stages: "ignore" })).leftovers).toEqual(["stage_not_mapped"]);
});

test("the source of a visit can choose the counter", async () => {
  const route = { field: "utm_source", counters: { yandex: 777 } };
  const source = recordingSource(v.parse(Config, { targets: [{ stages: ["cart"], target: "order" }], route }), { now });
  await handleForm(source, sentRequest({ body: cartRequest, type: FORM, receivedAt: now() }));
  expect(source.emitted[0]?.options.counterId).toBe(777);
});
