import { expect, test } from "bun:test";
import { recordingSource, sentRequest } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { sample } from "../../tests/setup/sent-form.ts";
import { Config } from "./config.ts";
import { callEvent } from "./examples.ts";
import { handleEvent } from "./handle.ts";

const FORM = "application/x-www-form-urlencoded";
const now = () => new Date("2026-11-20T13:00:00Z");

async function handle(body: string, config: object = {}) {
  const targets = [{ pipeline: "call", stages: ["lid"], target: "call" }];
  const source = recordingSource(v.parse(Config, { targets, ...config }), { now });
  const leftovers = await handleEvent(source, sentRequest({ body, type: FORM, receivedAt: now() }));
  const facts = source.emitted.flatMap(({ facts, options }) =>
    facts.map((fact, i) => ({ fact, key: options.keys?.[i], contact: options.contacts?.[i] })),
  );
  return { facts, leftovers, codes: leftovers.map(({ code }) => code) };
}

test("a call that is a lead becomes a conversion of its visitor, at the project's time", async () => {
  const { facts, codes } = await handle(callEvent);
  expect(codes).toEqual([]);
  expect(facts).toEqual([
    {
      fact: { client_id: "1770146617335078468", target: "call", date_time: "2026-11-20 15:32:47" },
      key: "callibri\ncall\n555001",
      contact: { phones: ["79990000001"], emails: [] },
    },
  ]);
});

test("the call that was published has Google's identifier alone, which is not taken for Metrika's", async () => {
  const { facts } = await handle(await sample("callibri/call-webhook-composed.txt"));
  expect(facts[0]).toMatchObject({ fact: { date_time: "2026-05-14 12:30:05" }, key: "callibri\ncall\n555001" });
  expect(facts[0]?.fact).not.toHaveProperty("client_id", expect.anything());
});

test("the name under which a project hands the ClientID over can be given", async () => {
  const body = callEvent.replace("ym_client_id=", "Поле 1=");
  const { facts } = await handle(body, { identifiers: { client_id: ["поле 1"] } });
  expect(facts[0]?.fact).toMatchObject({ client_id: "1770146617335078468" });
});

test("statuses are stages, and a call that is no lead is one of its own", async () => {
  const answered = [{ stages: ["отвечен"], target: "answered" }];
  expect((await handle(callEvent, { targets: answered })).facts[0]?.fact).toMatchObject({ target: "answered" });
  const repeated = callEvent.replace("is_lid=1", "is_lid=0");
  expect((await handle(repeated)).codes).toEqual(["stage_not_mapped"]);
  expect((await handle(repeated, { ignore_stages: ["not_lid"] })).codes).toEqual(["stage_ignored"]);
  expect((await handle(callEvent.replace("event_type=call", "event_type=chat"))).codes).toEqual([
    "pipeline_not_mapped",
  ]);
});

test("an event without an id is taken, and the missing id is told; an empty one tries the address", async () => {
  const { facts, codes } = await handle(callEvent.replace("lid_id=555001&", ""));
  expect([facts.length, codes]).toEqual([1, ["id_missing"]]);
  expect((await handle("")).codes).toEqual(["event_empty"]);
});

test("other order, odd names and unfilled fields throw nothing and lose nothing", async () => {
  const turned = callEvent.split("&").toReversed().join("&");
  expect((await handle(turned)).facts).toEqual((await handle(callEvent)).facts);
  const odd = "event_type[]=call&event_type[x]=1&is_lid[a][b]=1&__proto__[y]=2&call_status=<не указано>&lid_id=👋";
  expect((await handle(odd)).codes).toEqual(["stage_not_mapped"]);
});

test("phones, names and comments stand neither in facts nor in what is told of them", async () => {
  const { facts } = await handle(`${callEvent}&comment=call+79990000001`);
  expect(JSON.stringify(facts.map(({ fact, key }) => [fact, key]))).not.toMatch(/79990000001|Клиент/);
  for (const field of ["phone", "name", "comment"])
    expect(JSON.stringify((await handle(callEvent, { route: { field } })).leftovers)).not.toMatch(/79990000001|Клиент/);
});
