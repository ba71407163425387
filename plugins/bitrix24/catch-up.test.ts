import { expect, test } from "bun:test";
import { asRecord, type SourceFetch } from "metrika-gateway/plugin";
import { portalError } from "./bitrix24-double.ts";
import { catchUp } from "./catch-up.ts";
import { createTestSource, NOW, portal, wonDeal } from "./test-portal.ts";

const at = NOW.getTime();
const stamp = (ms: number) => new Date(ms).toISOString().replace(".000Z", "+00:00");

/** So many won deals, each changed when told. */
const deals = (count: number, changedAt: (place: number) => number, first = 1) =>
  Array.from({ length: count }, (_, place) => ({
    ...wonDeal,
    ID: String(first + place),
    DATE_MODIFY: stamp(changedAt(place)),
  }));

/** A source whose changes were read until so many seconds ago. */
async function readUntil(ago: number, ...given: Parameters<typeof createTestSource>) {
  const set = createTestSource(...given);
  await set.source.state.set("changed_deals", { until: at - ago * 1000 });
  return set;
}

/** Numbers of deals, in the order in which they were emitted. */
const emitted = ({ source }: Awaited<ReturnType<typeof readUntil>>) =>
  source.emitted.flatMap(({ options }) => options.keys ?? []).map((key) => Number(key?.split("\n").at(-1)));

test("the first run marks where changes are read from, and asks the portal for nothing", async () => {
  const { source, bitrix } = createTestSource({ entities: ["deal", "lead"] });
  expect(await catchUp(source)).toEqual([]);
  expect([source.emitted, bitrix.requests]).toEqual([[], []]);
  expect(Object.fromEntries(source.kept)).toEqual({ changed_deals: { until: at }, changed_leads: { until: at } });
});

test("a won deal that no hook has told is emitted as a hook would have been", async () => {
  const set = await readUntil(900);
  expect(await catchUp(set.source)).toEqual([]);
  const [told] = set.source.emitted;
  expect(told?.facts).toMatchObject([{ client_id: "1770146617335078468", target: "deal_won", price: "22500.50" }]);
  expect(told?.options.keys).toEqual([`${set.source.config.domain}\ndeal\n759`]);
  expect(set.source.kept.get("changed_deals")).toEqual({ until: Date.parse(wonDeal.DATE_MODIFY) });
});

test("what was read last is read again, what was changed before is not", async () => {
  const changed = [...deals(1, () => at - 1_100_000), ...deals(1, () => at - 960_000, 2)];
  const set = await readUntil(900, {}, { deals: changed });
  await catchUp(set.source);
  expect(emitted(set)).toEqual([2]);
});

test("a long outage is read page by page, fifty deals for the price of a request", async () => {
  const set = await readUntil(7200, {}, { deals: deals(120, (place) => at - 7_000_000 + place * 1000) });
  await catchUp(set.source);
  expect(emitted(set)).toEqual(Array.from({ length: 120 }, (_, place) => place + 1));
  const batches = set.bitrix.requests.filter((it) => it.startsWith("batch") && it.includes("crm.deal.get"));
  expect(batches).toHaveLength(3);
});

test("more deals than a page holds, changed in one second by an import, are all read", async () => {
  const imported = [...deals(170, () => at - 600_000), ...deals(1, () => at - 500_000, 171)];
  const set = await readUntil(900, {}, { deals: imported });
  await catchUp(set.source);
  expect(new Set(emitted(set)).size).toBe(171);
  expect(set.source.kept.get("changed_deals")).toEqual({ until: at - 500_000 });
});

test("deals that are changed while pages are read shift nobody out", async () => {
  const set = await readUntil(900, {}, { deals: deals(60, (place) => at - 800_000 + place * 1000) });
  const { fetch } = set.source;
  const source = {
    ...set.source,
    async fetch(url: string, init?: RequestInit) {
      const answer = await fetch(url, init);
      // Whoever stood first is changed as soon as the first page was read.
      set.bitrix.portal = {
        ...set.bitrix.portal,
        deals: (set.bitrix.portal.deals ?? []).map((deal) =>
          deal.ID === "1" ? { ...deal, DATE_MODIFY: stamp(at) } : deal,
        ),
      };
      return answer;
    },
  };
  await catchUp(source);
  expect(new Set(emitted(set)).size).toBe(60);
});

test("a run that is interrupted goes on where it was", async () => {
  const set = await readUntil(7200, {}, { deals: deals(60, (place) => at - 7_000_000 + place * 10_000) });
  const broken = { ...set.source, fetch: failingAfter(set.bitrix.fetch, "crm.deal.list", 1) };
  await expect(catchUp(broken)).rejects.toMatchObject({ name: "RetryLater" });
  expect(set.source.kept.get("changed_deals")).toEqual({ until: at - 7_000_000 + 49 * 10_000 });
  await catchUp(set.source);
  expect(new Set(emitted(set)).size).toBe(60);
});

test("an unknown stage is not told again, and asks for no deal", async () => {
  const open = deals(1, () => at - 60_000).map((deal) => ({ ...deal, STAGE_ID: "NEW", STAGE_SEMANTIC_ID: "P" }));
  const { source, bitrix } = await readUntil(900, {}, { deals: open });
  expect(await catchUp(source)).toEqual([]);
  expect(bitrix.requests.some((it) => it.includes("crm.deal.get"))).toBe(false);
});

test("leads are read with a cursor of their own", async () => {
  const leads = portal.leads.map((lead) => ({ ...lead, DATE_MODIFY: stamp(at - 60_000) }));
  const targets = [{ stages: ["CONVERTED"], target: "qualified" }];
  const set = await readUntil(900, { entities: ["lead"], targets }, { leads });
  await set.source.state.set("changed_leads", { until: at - 900_000 });
  await catchUp(set.source);
  expect(asRecord(set.source.emitted[0]?.facts[0])).toMatchObject({ target: "qualified" });
});

test("a source that is not to catch up does nothing by the clock", async () => {
  const { source, bitrix } = createTestSource({ catch_up: false });
  expect(await catchUp(source)).toEqual([]);
  expect([bitrix.requests, source.kept.size]).toEqual([[], 0]);
});

/** A network that fails at a method once that was called so often. */
function failingAfter(fetch: SourceFetch, method: string, calls: number): SourceFetch {
  let called = 0;
  return async (url, init) => {
    if (url.includes(method) && ++called > calls) return portalError(500, "INTERNAL_SERVER_ERROR", "");
    return fetch(url, init);
  };
}
