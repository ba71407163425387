import { expect, test } from "bun:test";
import { recordingSource, sentRequest } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { sample } from "../../tests/setup/sent-form.ts";
import { Config } from "./config.ts";
import { answeredCall, template } from "./examples.ts";
import { handleNotification } from "./handle.ts";

const now = () => new Date("2026-11-20T13:00:00Z");

async function handle(body: unknown, config: object = {}, type = "application/json") {
  const targets = [{ pipeline: "in", stages: ["first_answered"], target: "call" }];
  const source = recordingSource(v.parse(Config, { targets, ...config }), { now });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const leftovers = await handleNotification(source, sentRequest({ body: text, type, receivedAt: now() }));
  const facts = source.emitted.flatMap(({ facts, options }) =>
    facts.map((fact, i) => ({ fact, key: options.keys?.[i], contact: options.contacts?.[i] })),
  );
  return { facts, leftovers, codes: leftovers.map(({ code }) => code) };
}

/** Fills a template as UIS does: each value as JSON. */
const filled = (text: string, values: Readonly<Record<string, unknown>>) =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => JSON.stringify(values[name] ?? null));

test("the first answered call of a visitor becomes a conversion, known by its session", async () => {
  const { facts, codes } = await handle(answeredCall);
  expect(codes).toEqual([]);
  expect(facts).toEqual([
    {
      fact: { client_id: "1770146617335078468", target: "call", date_time: "2026-11-20 15:34:05.412" },
      key: "uis\ncall\n1234567890",
      contact: { phones: ["79990000001"], emails: [] },
    },
  ]);
});

test("our template, filled as UIS fills it, is read whole, also where nothing has a value", async () => {
  const { ym_client_id: _, ...told } = answeredCall;
  expect(JSON.parse(filled(template, told))).toEqual(told);
  expect((await handle(filled(template, answeredCall))).facts).toHaveLength(1);
  expect((await handle(filled(template, { call_session_id: 7 }))).codes).toEqual(["pipeline_not_mapped"]);
});

test("the description prints the template that is tested here", async () => {
  const description = await Bun.file(`${import.meta.dir}/README.md`).text();
  expect(description.replaceAll(/^ {3}/gm, "")).toContain(template);
});

test("our template asks for nothing but variables that were published", async () => {
  const published = await sample("uis/call-finished.template.txt");
  for (const [variable] of template.matchAll(/\{\{\w+\}\}/g)) expect(published).toContain(variable);
});

test("the call that was published is taken, and what it has more is left alone", async () => {
  const body = await sample("uis/call-finished-composed.txt");
  const targets = [{ stages: ["call_finished"], target: "call" }];
  const { facts } = await handle(body, { targets });
  expect(facts[0]).toMatchObject({ fact: { date_time: "2026-05-14 12:30:05.412" }, key: "uis\ncall\n1234567890" });
  expect((await handle(body)).codes).toEqual(["stage_not_mapped"]);
});

test("digits of a number that no computer counts to are kept", async () => {
  const body = JSON.stringify(answeredCall)
    .replace('"1770146617335078468"', "1770146617335078469")
    .replace("1234567890", "12345678901234567891");
  expect((await handle(body)).facts[0]).toMatchObject({
    fact: { client_id: "1770146617335078469" },
    key: "uis\ncall\n12345678901234567891",
  });
});

test("a call is known to have been missed, and its tags are stages", async () => {
  const missed = { ...answeredCall, talk_time_duration: 0, tag_names: ["Спам", "Запись на приём"] };
  const targets = [
    { stages: ["missed"], target: "missed" },
    { stages: ["запись на приём"], target: "visit" },
  ];
  const { facts } = await handle(missed, { targets });
  expect(facts.map(({ fact }) => fact)).toMatchObject([{ target: "missed" }, { target: "visit" }]);
  expect((await handle(missed, { targets: [{ pipeline: "out", stages: ["missed"], target: "x" }] })).codes).toEqual([
    "pipeline_not_mapped",
  ]);
});

test("the beginning of a call is its time, where the template tells it", async () => {
  const { facts } = await handle({ ...answeredCall, start_time: "2026-11-20 15:32:45" });
  expect(facts[0]?.fact).toMatchObject({ date_time: "2026-11-20 15:32:45" });
});

test("a template that makes no JSON is told to a person, with its place and without its values", async () => {
  const quoted = filled(template.replaceAll(/(\{\{\w+\}\})/g, '"$1"'), answeredCall);
  const unknown = filled(template, answeredCall).replace('"79990000001"', "{{contact_phone}}");
  for (const body of [quoted, unknown]) {
    const { facts, leftovers } = await handle(body);
    expect(facts).toEqual([]);
    expect(leftovers).toMatchObject([{ code: "template_wrong", needs: "person" }]);
    expect(leftovers[0]?.message.en).toMatch(/line \d+, column \d+/);
    expect(JSON.stringify(leftovers)).not.toContain("79990000001");
  }
});

test("a notification without its call's id is told to a person", async () => {
  const { call_session_id: _, ...without } = answeredCall;
  for (const body of [
    without,
    [],
    {},
    [1],
    { call_session_id: { a: 1 } },
    { call_session_id: "{{call_session_id}}" },
  ]) {
    expect((await handle(body)).leftovers).toMatchObject([{ code: "template_wrong", needs: "person" }]);
  }
});

test("a form in place of JSON, other order and odd names are read as well", async () => {
  const { tag_names: _, ...told } = answeredCall;
  const form = new URLSearchParams(Object.entries(told).map(([name, value]) => [name, String(value)]));
  const type = "application/x-www-form-urlencoded";
  expect((await handle(form.toString(), {}, type)).facts).toEqual((await handle(answeredCall)).facts);
  const turned = Object.fromEntries(Object.entries(answeredCall).toReversed());
  expect((await handle(turned)).facts).toEqual((await handle(answeredCall)).facts);
  const odd =
    '{"__proto__":{"call_session_id":1},"call_session_id":"👋","direction":{},"tag_names":[{}],"talk_time_duration":"x"}';
  expect((await handle(odd)).codes).toEqual(["pipeline_not_mapped"]);
});

test("phones and names stand in the contact alone, and the secret nowhere", async () => {
  const told = { ...answeredCall, contact_full_name: "Иванов", employee_full_name: "Петров", secret: "plain-secret" };
  const { facts } = await handle(told);
  expect(JSON.stringify(facts.map(({ fact, key }) => [fact, key]))).not.toMatch(/79990000001|Иванов|Петров|plain/);
  for (const field of ["contact_phone_number", "employee_full_name", "secret"])
    expect(JSON.stringify((await handle(told, { route: { field } })).leftovers)).not.toMatch(
      /79990000001|Петров|plain/,
    );
});
