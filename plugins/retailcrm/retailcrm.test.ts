import { expect, test } from "bun:test";
import { RetryLater, type SourceFetch, Unusable } from "metrika-gateway/plugin";
import { recordingSource, sentRequest } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { catchUp, checkRetailcrm } from "./catch-up.ts";
import { Config } from "./config.ts";
import { triggerBody } from "./examples.ts";
import { handleTrigger } from "./handle.ts";

const NOW = new Date("2026-11-20T12:00:00Z");
const KEY = "key-of-the-account";
const order = {
  ...{
    id: 2034,
    number: "14",
    externalId: "A14",
    status: "complete",
    site: "shop",
    statusUpdatedAt: "2026-11-20 13:30:06",
  },
  ...{ summ: 779, totalSumm: 1395.16, currency: "RUB", fullPaidAt: "2026-11-19 10:00:00", customFields: [] },
  customer: {
    firstClientId: "1770146617335078468",
    lastClientId: "1664435673909428135",
    phones: [{ number: "79000000000" }],
  },
};
const entry = (id: number, more: Readonly<Record<string, unknown>> = {}) => ({
  ...{ id, createdAt: "2026-11-20 13:30:06", source: "user", field: "status", newValue: { code: "complete" } },
  ...{ order: { id: 2034, site: "shop", status: "complete" }, ...more },
});

let accounts = 0;

/** A source of an account whose API answers with these entries and orders. */
function start(history: readonly { readonly id: number }[] = [], given: object = {}, own: object = order) {
  const requests: string[] = [];
  const fetch: SourceFetch = async (url, init) => {
    const { pathname, searchParams } = new URL(url);
    requests.push(`${pathname}?${decodeURIComponent(searchParams.toString())}`);
    if (new Headers(init?.headers).get("x-api-key") !== KEY) {
      return Response.json({ success: false, errorMsg: 'Wrong "apiKey" value.' }, { status: 403 });
    }
    if (pathname.endsWith("/history")) {
      const since = Number(searchParams.get("filter[sinceId]") ?? 0);
      return Response.json({ success: true, history: history.filter(({ id }) => id > since).slice(0, 2) });
    }
    return pathname.endsWith("/2034")
      ? Response.json({ success: true, order: own })
      : Response.json({ success: false, errorMsg: "Not found" }, { status: 404 });
  };
  const config = v.parse(Config, {
    // The rate of requests is kept by domain.
    ...{ domain: `acme-${++accounts}.retailcrm.ru`, api_key: KEY },
    targets: [{ stages: ["complete"], target: "order_done" }],
    ...given,
  });
  return { requests, source: recordingSource(config, { fetch, now: () => NOW }) };
}

const send = (source: ReturnType<typeof start>["source"], body: unknown) =>
  handleTrigger(source, sentRequest({ body: JSON.stringify(body), type: "application/json", receivedAt: NOW }));

test("a trigger's body becomes a conversion, its sum to the kopeck and its time of the source's zone", async () => {
  const { source } = start();
  expect(await send(source, triggerBody)).toEqual([]);
  expect(source.emitted[0]?.facts).toEqual([
    {
      ...{ client_id: "1770146617335078468", target: "order_done", price: "1395.16", currency: "RUB" },
      date_time: "2026-11-20 13:30:06",
    },
  ]);
});

test("an identifier that a template forgot to quote keeps its digits, and one of another system is none", async () => {
  const { source } = start();
  const body = JSON.stringify(triggerBody).replace('"1770146617335078468"', "1770146617335078468");
  await handleTrigger(source, sentRequest({ body, type: "application/json", receivedAt: NOW }));
  expect(source.emitted[0]?.facts[0]).toMatchObject({ client_id: "1770146617335078468" });
  await send(source, { ...triggerBody, number: "15", client_id: "GA1.2.abc" });
  expect(source.emitted[1]?.facts[0]).not.toMatchObject({ client_id: expect.anything() });
});

test("a body that names no order needs a person", async () => {
  expect(await send(start().source, { hello: "world" })).toMatchObject([{ code: "order_unreadable", needs: "person" }]);
});

test("the first run only marks where the history is read from, in the account's zone", async () => {
  const { source, requests } = start([entry(1)]);
  expect(await catchUp(source)).toEqual([]);
  expect([requests, source.kept.get("history")]).toEqual([[], { start_date: "2026-11-20 15:00:00" }]);
});

test("what came to a mapped status is emitted with what its order holds, page by page, and read once", async () => {
  const other = { field: "customer", newValue: { id: 978 } };
  const own = { apiKey: { current: true } };
  const { source, requests } = start([entry(1, other), entry(2), entry(3, own), entry(4, { order: { id: 99 } })]);
  await source.state.set("history", { start_date: "2026-11-20 12:00:00" });
  expect(await catchUp(source)).toEqual([]);
  expect(source.emitted.flatMap(({ facts }) => facts)).toMatchObject([
    { client_id: "1770146617335078468", price: "1395.16", date_time: "2026-11-20 13:30:06" },
  ]);
  expect(source.emitted[0]?.options.keys?.[0]).toEndWith("\norder\n14");
  expect(source.kept.get("history")).toEqual({ since_id: "4" });
  const before = requests.length;
  await catchUp(source);
  expect([source.emitted.length, requests.length - before]).toEqual([1, 1]);
});

test("an order that has moved on has the time of its change; goods and payment are chosen by the config", async () => {
  const moved = { ...order, status: "returned", statusUpdatedAt: "2026-11-20 14:00:00" };
  const { source } = start([entry(1)], { amount: "goods" }, moved);
  await source.state.set("history", { since_id: "0" });
  await catchUp(source);
  expect(source.emitted[0]?.facts).toMatchObject([{ price: "779", date_time: "2026-11-20 13:30:06" }]);
  const paid = start([entry(1)], { happened_at: "payment" });
  await paid.source.state.set("history", { since_id: "0" });
  await catchUp(paid.source);
  expect(paid.source.emitted[0]?.facts).toMatchObject([{ date_time: "2026-11-19 10:00:00" }]);
});

test("a refused key needs a person, a busy account is asked again, and the cursor stays where it was", async () => {
  const refused = start([entry(1)], { api_key: "another-key" });
  await refused.source.state.set("history", { since_id: "0" });
  await expect(catchUp(refused.source)).rejects.toBeInstanceOf(Unusable);
  const busy = recordingSource(refused.source.config, { fetch: async () => new Response("", { status: 503 }) });
  await busy.state.set("history", { since_id: "7" });
  await expect(catchUp(busy)).rejects.toBeInstanceOf(RetryLater);
  expect(busy.kept.get("history")).toEqual({ since_id: "7" });
});

test("the check tells whether the key works", async () => {
  expect((await checkRetailcrm(start().source)).checks).toMatchObject([{ code: "token", ok: true }]);
  expect((await checkRetailcrm(start([], { api_key: "another-key" }).source)).checks).toMatchObject([{ ok: false }]);
});
