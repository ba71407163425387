import { expect, test } from "bun:test";
import { recordingSource, type SentRequest, sentRequest } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { sample } from "../../tests/setup/sent-form.ts";
import { Config } from "./config.ts";
import { callHook, dealHook, trialHook } from "./examples.ts";
import { handleHook } from "./handle.ts";

const FORM = "application/x-www-form-urlencoded";
const now = () => new Date("2026-11-20T13:00:00Z");

async function handle(request: SentRequest | string, config: object = {}) {
  const targets = [
    { pipeline: "call", stages: ["unique_successful"], target: "call", price: { from: "none" } },
    { pipeline: "deal", stages: ["Оплачен"], target: "paid" },
  ];
  const source = recordingSource(v.parse(Config, { targets, ...config }), { now });
  const sent = typeof request === "string" ? { body: request, type: FORM } : request;
  const leftovers = await handleHook(source, sentRequest({ receivedAt: now(), ...sent }));
  const facts = source.emitted.flatMap(({ facts, options }) =>
    facts.map((fact, i) => ({ fact, key: options.keys?.[i], contact: options.contacts?.[i] })),
  );
  return { facts, leftovers, codes: leftovers.map(({ code }) => code) };
}

test("an answered unique call becomes a conversion of its visitor at its beginning, in the account's zone", async () => {
  const { facts, codes } = await handle(callHook);
  expect(codes).toEqual([]);
  expect(facts).toEqual([
    {
      fact: { client_id: "1770146617335078468", target: "call", date_time: "2026-11-20 15:32:47" },
      key: "calltouch\ncall\n1234567",
      contact: { phones: ["79990000001"], emails: [] },
    },
  ]);
});

test("a hook with its parameters in the address is the same hook", async () => {
  const query = Object.fromEntries(new URLSearchParams(callHook));
  expect((await handle({ method: "GET", query })).facts).toEqual((await handle(callHook)).facts);
});

test("a deal has its sum, to the kopeck, and the time of receipt", async () => {
  const { facts } = await handle({ body: dealHook, type: FORM, query: { event: "deal" } });
  expect(facts[0]).toMatchObject({
    fact: { target: "paid", price: "50600.50", date_time: "2026-11-20T13:00:00.000Z" },
    key: "calltouch\ndeal\n88001",
  });
});

test("the call that was published, without an id, is taken, and the missing id is told", async () => {
  const body = await sample("calltouch/call-webhook-composed.txt");
  const { facts, codes } = await handle(body, { route: { field: "utm_source", without_value: "own_counter" } });
  expect(codes).toEqual(["id_missing"]);
  expect(facts[0]?.fact).toEqual({ target: "call", date_time: "2026-05-08 15:32:47" });
});

test("a trial with names of variables instead of values is told and becomes nothing", async () => {
  const body = await sample("calltouch/call-webhook-placeholder-test-composed.txt");
  expect([await handle(body), await handle(trialHook)]).toMatchObject([
    { facts: [], codes: ["test_request"] },
    { facts: [], codes: ["test_request"] },
  ]);
});

test("a repeated or unanswered call has stages of its own, and tags are stages", async () => {
  const repeated = callHook.replace("unique=true", "unique=false");
  expect((await handle(repeated)).codes).toEqual(["stage_not_mapped"]);
  expect((await handle(repeated, { ignore_stages: ["repeated"] })).codes).toEqual(["stage_ignored"]);
  const tagged = `${repeated}&tags=${encodeURIComponent("Спам, Запись на приём")}`;
  const targets = [{ stages: ["запись на приём"], target: "visit" }];
  expect((await handle(tagged, { targets })).facts[0]?.fact).toMatchObject({ target: "visit" });
});

test("parameters with other names are found by the config, and a day that stands first is understood", async () => {
  const body = "leadid=9&started=20.11.2026+15%3A32%3A47&state=ok&ym=1770146617335078468";
  const { facts } = await handle(body, {
    targets: [{ stages: ["ok"], target: "call" }],
    identifiers: { client_id: ["ym"] },
    parameters: { id: ["leadId"], time: ["started"], stage: ["state"] },
  });
  expect(facts[0]).toMatchObject({
    fact: { client_id: "1770146617335078468", date_time: "2026-11-20 15:32:47" },
    key: "calltouch\ncall\n9",
  });
});

test("phones and e-mails stand in the contact alone", async () => {
  const { facts } = await handle(`${callHook}&email=buyer%40example.test`);
  expect(facts[0]?.contact).toEqual({ phones: ["79990000001"], emails: ["buyer@example.test"] });
  expect(JSON.stringify(facts.map(({ fact, key }) => [fact, key]))).not.toMatch(/79990000001|buyer/);
  const routed = await handle(callHook, { route: { field: "callerphone" } });
  expect(JSON.stringify(routed.leftovers)).not.toContain("79990000001");
});

test("other order, missing values, odd names and nothing at all throw nothing", async () => {
  const turned = callHook.split("&").toReversed().join("&");
  expect((await handle(turned)).facts).toEqual((await handle(callHook)).facts);
  const odd = "__proto__[x]=1&constructor=2&status[]=&status[][a]=b&unique[]=true&tags=👋&id=%00";
  expect((await handle(odd)).codes).toEqual(["stage_not_mapped"]);
  expect((await handle("")).codes).toEqual(["hook_empty"]);
  expect((await handle("%7B%7D")).codes).toEqual(["stage_not_mapped"]);
});
