import { expect, test } from "bun:test";
import type { AuditEvent, AuditFilter, AuditPage, AuditPlace } from "../store/store.ts";
import { allEvents, findEvents } from "./find-events.ts";

const filter: AuditFilter = {
  workspaceIds: [1],
  ...{ from: null, to: null, actions: null, actorKind: null, actorId: null, targetKind: null, targetId: null },
};

const eventOf = (id: number, name: string): AuditEvent & AuditPlace => ({
  ...{ id, uuid: `event-${id}`, at: id, workspaceId: 1, action: "webhook.created", before: null, after: null },
  actor: { kind: "operator", id: null, name: null },
  target: { kind: "webhook", id: null, name },
  origin: { address: null, userAgent: null, requestId: null },
});

/** So many events, of which every hundredth is of another name. */
function depsOf(count: number) {
  let asked = 0;
  async function list(_: AuditFilter, before: AuditPlace | null, limit: number): Promise<AuditPage> {
    asked += limit;
    const first = (before?.id ?? count + 1) - 1;
    const ids = Array.from({ length: Math.min(limit, first) }, (__, i) => first - i);
    const last = ids.at(-1) ?? 1;
    const events = ids.map((id) => eventOf(id, id % 100 === 0 ? "Отдел ПРОДАЖ" : "CRM"));
    return { events, after: last > 1 ? { at: last, id: last } : null };
  }
  return { store: { audit: { list } }, breathe: async () => {}, asked: () => asked };
}

test("a text is found whatever the size of its letters, page by page, each event once", async () => {
  const deps = depsOf(2500);
  const found: number[] = [];
  let before: AuditPlace | null = null;
  do {
    const page = await findEvents(deps, { ...filter, text: "отдел продаж" }, before, 7);
    found.push(...page.events.map(({ id }) => id));
    before = page.after;
  } while (before !== null);
  expect(found).toEqual(Array.from({ length: 25 }, (_, i) => 2500 - i * 100));
});

test("the last page of a search tells that it is the last", async () => {
  expect((await findEvents(depsOf(700), { ...filter, text: "продаж" }, null, 7)).after).toBeNull();
  expect((await findEvents(depsOf(700), { ...filter, text: "продаж" }, null, 6)).after).toEqual({ at: 200, id: 200 });
});

test("a search that finds nothing ends after a while and tells where to go on", async () => {
  const deps = depsOf(1_000_000);
  const page = await findEvents(deps, { ...filter, text: "nobody" }, null, 50);
  expect(page).toEqual({ events: [], after: { at: 950_001, id: 950_001 } });
  expect(deps.asked()).toBe(50_000);
});

test("all events are told a piece at a time, through stretches where nothing is found", async () => {
  const deps = depsOf(120_000);
  let pieces = 0;
  let found = 0;
  for await (const events of allEvents(deps, { ...filter, text: "продаж" }, 500)) {
    pieces++;
    found += events.length;
    expect(events.length).toBeLessThanOrEqual(500);
  }
  expect(found).toBe(1200);
  expect(pieces).toBeGreaterThan(2);
  expect((await Array.fromAsync(allEvents(depsOf(1200), { ...filter, text: null }, 500))).map((p) => p.length)).toEqual(
    [500, 500, 200],
  );
});
