import { expect, test } from "bun:test";
import type { AuditEvent, AuditFilter, AuditPlace } from "../../../core/store/store.ts";
import { type CurrentWorld, START } from "./world.ts";

const anything: AuditFilter = {
  workspaceIds: [1],
  from: null,
  to: null,
  actions: null,
  actorKind: null,
  actorId: null,
  targetKind: null,
  targetId: null,
};

const eventOf = (change: Partial<AuditEvent> = {}): AuditEvent => ({
  uuid: crypto.randomUUID(),
  workspaceId: 1,
  at: START,
  action: "webhook.created",
  actor: { kind: "user", id: "anna", name: "anna@example.com" },
  target: { kind: "webhook", id: "w1", name: "CRM «Продажи»" },
  origin: { address: "203.0.113.7", userAgent: "curl/8", requestId: "r-1" },
  before: null,
  after: { name: "CRM «Продажи»", stages: ["won", "выиграна"], options: { deep: [1, null, true] } },
  ...change,
});

/** The audit. */
export function auditContract(current: CurrentWorld): void {
  async function addAll(...events: readonly AuditEvent[]): Promise<void> {
    for (const event of events) await current().store.audit.add(event);
  }

  async function found(filter: Partial<AuditFilter>): Promise<string[]> {
    const { events } = await current().store.audit.list({ ...anything, ...filter }, null, 100);
    return events.map(({ uuid }) => uuid);
  }

  test("an event is read as it was written", async () => {
    const event = eventOf();
    const bare = eventOf({
      at: START - 1,
      actor: { kind: "operator", id: null, name: null },
      target: { kind: "backup", id: null, name: null },
      origin: { address: null, userAgent: null, requestId: null },
      after: null,
    });
    await addAll(event, bare);
    const { events, after } = await current().store.audit.list(anything, null, 10);
    expect(events.map(({ id: _, ...told }) => told)).toEqual([event, bare]);
    expect(after).toBeNull();
  });

  test("events come newest first by their instant, page by page, those of one millisecond too", async () => {
    const events = [3, 1, 2, 2, 2, 0].map((at) => eventOf({ at: START + at }));
    await addAll(...events);
    const walked: string[] = [];
    let before: AuditPlace | null = null;
    do {
      const page = await current().store.audit.list(anything, before, 2);
      expect(page.events.length).toBe(2);
      walked.push(...page.events.map(({ uuid }) => uuid));
      before = page.after;
    } while (before !== null);
    expect(walked).toEqual([0, 4, 3, 2, 1, 5].map((i) => events[i]?.uuid ?? ""));
  });

  test("events are found by whatever they are asked for", async () => {
    const first = eventOf();
    const second = eventOf({
      at: START + 10,
      action: "api_key.revoked",
      actor: { kind: "api_key", id: "key", name: "CI" },
      target: { kind: "api_key", id: "k1", name: "CI" },
    });
    await addAll(first, second);
    expect(await found({ from: START + 10 })).toEqual([second.uuid]);
    expect(await found({ to: START + 10 })).toEqual([first.uuid]);
    expect(await found({ actions: ["api_key.revoked"] })).toEqual([second.uuid]);
    expect(await found({ actions: ["api_key.revoked", "webhook.created"] })).toEqual([second.uuid, first.uuid]);
    expect(await found({ actions: [] })).toEqual([]);
    expect(await found({ actorKind: "user" })).toEqual([first.uuid]);
    expect(await found({ actorId: "key" })).toEqual([second.uuid]);
    expect(await found({ targetKind: "webhook" })).toEqual([first.uuid]);
    expect(await found({ targetId: "k1", actorKind: "api_key" })).toEqual([second.uuid]);
    expect(await found({ targetId: "k1", actorKind: "user" })).toEqual([]);
  });

  test("events of several kinds and of the installation are one list in one order", async () => {
    const events = Array.from({ length: 9 }, (_, i) =>
      eventOf({
        at: START + i,
        workspaceId: i % 3 === 0 ? null : 1,
        action: i % 2 === 0 ? "webhook.created" : "webhook.deleted",
      }),
    );
    await addAll(...events, eventOf({ workspaceId: 2 }));
    const filter = { ...anything, workspaceIds: [1, null], actions: ["webhook.created", "webhook.deleted"] };
    const first = await current().store.audit.list(filter, null, 5);
    const rest = await current().store.audit.list(filter, first.after, 5);
    const walked = [...first.events, ...rest.events].map(({ uuid }) => uuid);
    expect(walked).toEqual(events.toReversed().map(({ uuid }) => uuid));
    expect(rest.after).toBeNull();
    expect(await found({ workspaceIds: [1] })).toHaveLength(6);
    expect(await found({ workspaceIds: [null] })).toHaveLength(3);
  });
}
