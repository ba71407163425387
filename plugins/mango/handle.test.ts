import { expect, test } from "bun:test";
import { RetryLater, type SourceFetch, Unusable } from "metrika-gateway/plugin";
import { recordingSource, sentRequest } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { sample } from "../../tests/setup/sent-form.ts";
import { checkMango } from "./check.ts";
import { Config } from "./config.ts";
import { callAppeared, callSummary, exampleKeys, mangoForm, visitorInfo } from "./examples.ts";
import { handleEvent } from "./handle.ts";
import mango from "./index.ts";

const FORM = "application/x-www-form-urlencoded";
const MINUTE = 60_000;
/** When the summary of the example comes. */
const CALLED = Date.parse("2026-11-20T12:54:00Z");

const answers =
  (body: unknown, status = 200): SourceFetch =>
  async () =>
    Response.json(body, { status });

/** A source whose clock and Mango can be changed between events. */
function start(config: object = {}, mangoOffice: SourceFetch = answers(visitorInfo)) {
  const targets = [{ pipeline: "in", stages: ["answered"], target: "call" }];
  const world = { now: CALLED, mangoOffice, asked: [] as { readonly url: string; readonly form: URLSearchParams }[] };
  const source = recordingSource(v.parse(Config, { targets, api: exampleKeys, ...config }), {
    now: () => new Date(world.now),
    async fetch(url, init) {
      world.asked.push({ url, form: new URLSearchParams(String(init?.body)) });
      return world.mangoOffice(url, init);
    },
  });
  async function handle(body: object | string, receivedAt = world.now) {
    const told = source.emitted.length;
    const request = { body: typeof body === "string" ? body : mangoForm(body), type: FORM };
    const leftovers = await handleEvent(source, sentRequest({ ...request, receivedAt: new Date(receivedAt) }));
    const facts = source.emitted
      .slice(told)
      .flatMap(({ facts, options }) =>
        facts.map((fact, i) => ({ fact, key: options.keys?.[i], contact: options.contacts?.[i] })),
      );
    return { facts, leftovers, codes: leftovers.map(({ code }) => code) };
  }
  return { world, source, handle };
}

test("a call to a number that the site showed becomes a conversion of the visitor who was shown it", async () => {
  const { world, handle } = start();
  expect(await handle(callAppeared)).toMatchObject({ facts: [], codes: ["call_under_way"] });
  expect(world.asked.map(({ url, form }) => [url, form.get("json"), form.get("vpbx_api_key")])).toEqual([
    [
      "https://app.mango-office.ru/vpbx/queries/user_info_by_dct_number",
      '{"number":"74990000000"}',
      "examplevpbxkey0000000000000000001",
    ],
  ]);
  expect((await handle(callSummary)).facts).toEqual([
    {
      fact: { client_id: "1770146617335078468", target: "call", date_time: 1795179167 },
      key: "mango\ncall\nMTAwOjUwMDoyNTY=",
      contact: { phones: ["79990000001"], emails: [] },
    },
  ]);
});

test("what we ask is signed as what Mango tells", async () => {
  const { world, handle, source } = start();
  await handle(callAppeared);
  const form = Object.fromEntries(world.asked[0]?.form ?? []);
  const verifier = typeof mango.verify === "function" ? mango.verify(source.config) : mango.verify;
  if (verifier?.reads !== "body") throw new Error("Mango's proof stands in the body.");
  const sent = { headers: new Headers(), raw: async () => new Uint8Array(), readForm: async () => form };
  expect(await verifier.verify(sent, { hashes: [], keys: [exampleKeys.salt] })).toBe("right");
  expect(await verifier.verify(sent, { hashes: [], keys: ["another"] })).toBe("wrong");
});

test("a visitor is asked about once for a call, however many events it has and however often they come", async () => {
  const { world, handle } = start();
  for (const call_state of ["Appeared", "Appeared", "Connected", "Disconnected"])
    await handle({ ...callAppeared, call_state });
  expect(world.asked).toHaveLength(1);
  const told = await handle(callSummary);
  expect((await handle(callSummary)).facts).toEqual(told.facts);
});

test("a ClientID that was sent as a number keeps its digits", async () => {
  const exact = '{"data":{"ya_cid":1770146617335078469}}';
  const { handle } = start({}, async () => new Response(exact));
  await handle(callAppeared);
  expect((await handle(callSummary)).facts[0]?.fact).toMatchObject({ client_id: "1770146617335078469" });
});

test("nobody is asked about other numbers, without keys, or when the number is somebody else's by now", async () => {
  const { dct: _, ...ordinary } = callAppeared;
  const without = start({ api: undefined });
  await without.handle(callAppeared);
  const { world, handle } = start();
  await handle(ordinary);
  await handle({ ...callAppeared, dct: { number: "", type: 0 } });
  await handle(callAppeared, world.now - 11 * MINUTE);
  expect([...without.world.asked, ...world.asked]).toEqual([]);
  const { facts } = await handle(callSummary);
  expect(facts[0]?.fact).toEqual({ target: "call", date_time: 1795179167 });
});

test("a call that ends while Mango does not answer waits for its visitor, and no longer than the number is the visitor's", async () => {
  const { world, handle } = start({}, answers({}, 503));
  await expect(handle(callAppeared)).rejects.toBeInstanceOf(RetryLater);
  const began = world.now;
  world.now += MINUTE;
  await expect(handle(callSummary)).rejects.toBeInstanceOf(RetryLater);
  expect((await handle({ ...callSummary, entry_result: 0 })).codes).toEqual(["stage_not_mapped"]);
  world.mangoOffice = answers(visitorInfo);
  await handle(callAppeared, began);
  expect((await handle(callSummary)).facts[0]?.fact).toMatchObject({ client_id: "1770146617335078468" });

  const silent = start({}, answers({}, 503));
  await expect(silent.handle(callAppeared)).rejects.toBeInstanceOf(RetryLater);
  silent.world.now += 11 * MINUTE;
  expect((await silent.handle(callSummary)).facts[0]?.fact).not.toHaveProperty("client_id", expect.anything());
});

test.each([
  ["an answer without a visitor", answers({ result: 1000, data: {} }), null],
  ["an empty list", answers([]), null],
  ["a visitor without Metrika's identifier", answers({ data: { ya_cid: null } }), null],
  ["a wrong signature", answers({}, 401), "token_refused"],
  ["a refusal by Mango's own code", answers({ result: 3102 }), "mango_refused"],
  ["too many requests", answers({ result: 5008 }), RetryLater],
  ["a page in place of JSON", async () => new Response("<html>"), RetryLater],
  ["no answer", () => Promise.reject(new TypeError("fetch failed")), RetryLater],
] satisfies readonly (readonly [string, SourceFetch, string | null | typeof RetryLater])[])(
  "%s is taken for what it is",
  async (_, mangoOffice, expected) => {
    const { handle } = start({}, mangoOffice);
    const ended = await handle(callAppeared).then(
      ({ codes }) => codes,
      (error: unknown) => error,
    );
    if (expected === null) expect(ended).toEqual(["call_under_way"]);
    else if (typeof expected === "string") expect(ended).toMatchObject({ name: Unusable.name, code: expected });
    else expect(ended).toBeInstanceOf(expected);
  },
);

test("the events that were published are taken: calls wait for their end, and the end is a conversion", async () => {
  const { handle } = start();
  const events = ["events-call-appeared", "events-call-disconnected"];
  for (const name of events)
    expect((await handle(await sample(`mango/${name}.txt`))).codes).toEqual(["call_under_way"]);
  expect((await handle(await sample("mango/events-summary-composed.txt"))).facts).toMatchObject([
    { fact: { target: "call", date_time: 1778229100 }, key: "mango\ncall\n232wc3e3w3s222" },
  ]);
});

test("times of Moscow's clock are set back, since no call ends hours after its end is told", async () => {
  const { handle } = start();
  const moscow = {
    ...callSummary,
    create_time: callSummary.create_time + 10_800,
    end_time: callSummary.end_time + 10_800,
  };
  expect((await handle(moscow)).facts[0]?.fact).toMatchObject({ date_time: 1795179167 });
  const { create_time: _, ...timeless } = callSummary;
  expect((await handle(timeless)).facts[0]?.fact).toMatchObject({ date_time: "2026-11-20T12:54:00.000Z" });
});

test("of a call that was made, the buyer is the one who was called", async () => {
  const { handle } = start({ targets: [{ pipeline: "out", stages: ["answered"], target: "called_back" }] });
  const made = { ...callSummary, call_direction: 2, from: { extension: "123" }, to: { number: "79990000001" } };
  expect((await handle(made)).facts[0]?.contact).toEqual({ phones: ["79990000001"], emails: [] });
  expect((await handle(callSummary)).codes).toEqual(["pipeline_not_mapped"]);
});

test("SIP addresses are no phones, and phones stand neither in facts nor in what is told of them", async () => {
  const { handle } = start({ targets: [{ stages: ["call"], target: "call" }] });
  const sip = await handle({ ...callSummary, from: { number: "sip:79990000001@example.test" } });
  expect(sip.facts[0]?.contact).toBeNull();
  const { facts } = await handle(callSummary);
  const unmapped = await start().handle({ ...callSummary, entry_result: 0 });
  expect(JSON.stringify([facts.map(({ fact, key }) => [fact, key]), unmapped.leftovers])).not.toContain("79990000001");
});

test("other events, other order and whatever has no JSON throw nothing", async () => {
  const { handle } = start();
  const turned = Object.fromEntries(Object.entries(callSummary).toReversed());
  expect((await handle(turned)).facts).toEqual((await handle(callSummary)).facts);
  expect((await handle({ recording_id: "1", recording_state: "Completed" })).codes).toEqual(["other_event"]);
  const odd = ["json={", "json=[]&json=1", "json[a]=1", "", "json=%7B%22entry_result%22%3A1%7D", '{"json":{"a":1}}'];
  for (const body of odd) expect((await handle(body)).facts).toEqual([]);
  const strange = {
    entry_result: "1",
    entry_id: "👋",
    from: [],
    to: "x",
    call_direction: { a: 1 },
    create_time: "yesterday",
  };
  expect((await handle(strange)).codes).toEqual(["pipeline_not_mapped"]);
});

test("a thousand calls are remembered, the latest", async () => {
  const { handle, source } = start();
  await source.state.set(
    "visitors",
    Array.from({ length: 1000 }, (_, call) => ({ entry_id: `call ${call}`, asked_at: CALLED, client_id: "1" })),
  );
  await handle(callAppeared);
  expect(source.kept.get("visitors")).toHaveLength(1000);
  expect((await handle(callSummary)).facts[0]?.fact).toMatchObject({ client_id: "1770146617335078468" });
});

test("the check says whether Mango accepts the keys, and what calls lack without them", async () => {
  const check = async (source: Parameters<typeof checkMango>[0]) =>
    (await checkMango(source)).checks.map(({ ok }) => ok);
  expect(await check(start().source)).toEqual([true]);
  expect(await check(start({}, answers({}, 401)).source)).toEqual([false]);
  const { checks } = await checkMango(start({ api: undefined }).source);
  expect(checks).toMatchObject([{ code: "api", ok: true }]);
  expect(checks[0]?.message.en).toContain("no ClientID");
});
