import { expect, test } from "bun:test";
import { catchUp } from "./catch-up.ts";
import { account, createTestSource, NOW } from "./test-account.ts";

const seconds = NOW.getTime() / 1000;

const moved = (created_at: number, id = 10701093, status = 142) => ({
  ...{ id: `event-${id}`, type: "lead_status_changed", entity_id: id, entity_type: "lead", created_at },
  value_after: [{ lead_status: { id: status, pipeline_id: 9217056 } }],
});

/** A source whose journal was read until so many seconds ago. */
async function readUntil(ago: number, ...given: Parameters<typeof createTestSource>) {
  const set = createTestSource(...given);
  await set.source.state.set("journal", { until: seconds - ago });
  return set;
}

test("the first run marks where the journal is read from, and emits nothing", async () => {
  const { source } = createTestSource({}, { events: [moved(seconds - 60)] });
  expect(await catchUp(source)).toEqual([]);
  expect(source.emitted).toEqual([]);
  expect(source.kept.get("journal")).toEqual({ until: seconds });
});

test("a stage that no hook has told is emitted as a hook would have been", async () => {
  const { source } = await readUntil(900, {}, { events: [moved(seconds - 600)] });
  expect(await catchUp(source)).toEqual([]);
  expect(source.emitted[0]?.facts).toMatchObject([{ client_id: "1770146617335078468", target: "deal_won" }]);
  expect(source.emitted[0]?.options.keys).toEqual([`${source.config.domain}\nlead\n10701093`]);
});

test("a long outage is read hour by hour and page by page", async () => {
  const [lead] = account.leads;
  const ids = Array.from({ length: 150 }, (_, at) => at + 1);
  const leads = ids.map((id) => ({ ...lead, id }));
  const events = [...ids.map((id) => moved(seconds - 9000, id)), moved(seconds - 20, 1)];
  const { source, amocrm } = await readUntil(10_800, {}, { leads, events });
  await catchUp(source);
  expect(source.emitted.map(({ facts }) => facts.length)).toEqual([100, 50, 1]);
  expect(amocrm.requests.filter((it) => it.includes("/events"))).toHaveLength(4);
});

test("a run that is interrupted goes on where it was", async () => {
  const { source, amocrm } = await readUntil(7200, {}, { events: [moved(seconds - 7000), moved(seconds - 60)] });
  const failure = () => new Response("", { status: 500 });
  const fetch: typeof source.fetch = (url, init) => {
    const isSecondHour = url.includes("events") && url.includes(`${seconds - 3600 - 120}`);
    return isSecondHour ? Promise.resolve(failure()) : amocrm.fetch(url, init);
  };
  await expect(catchUp({ ...source, fetch })).rejects.toMatchObject({ name: "RetryLater" });
  expect(source.kept.get("journal")).toEqual({ until: seconds - 3600 });
  await catchUp(source);
  expect(source.emitted).toHaveLength(2);
});

test("an unknown stage in the journal is not told again, and asks amoCRM for no lead", async () => {
  const { source, amocrm } = await readUntil(900, {}, { events: [moved(seconds - 60, 10701093, 20067736)] });
  expect(await catchUp(source)).toEqual([]);
  expect(amocrm.requests.some((it) => it.includes("/leads/10701093"))).toBe(false);
});

test("a hook that amoCRM has switched off is told to a person", async () => {
  const { source, amocrm } = createTestSource();
  const destination = `https://gateway.example/sources/amocrm/${source.id}/secret`;
  amocrm.account = { ...amocrm.account, webhooks: [{ destination, disabled: true }] };
  expect(await catchUp(source)).toMatchObject([{ code: "hook_disabled", needs: "person" }]);
  amocrm.account = { ...amocrm.account, webhooks: [{ destination, disabled: false }] };
  expect(await catchUp(source)).toEqual([]);
});

test("a token that may not see the hooks reads the journal all the same", async () => {
  const { source, amocrm } = await readUntil(900, {}, { events: [moved(seconds - 600)] });
  amocrm.faults.push(() => new Response("", { status: 403 }));
  expect(await catchUp(source)).toEqual([]);
  expect(source.emitted).toHaveLength(1);
});

test("a source that asks amoCRM for nothing, or is not to catch up, does nothing by the clock", async () => {
  for (const config of [{ enrich: false }, { catch_up: false }]) {
    const { source, amocrm } = createTestSource(config);
    expect(await catchUp(source)).toEqual([]);
    expect(amocrm.requests).toEqual([]);
  }
});
