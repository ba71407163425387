import { expect, test } from "bun:test";
import type { OwnedSession, SessionRecord } from "../store/store.ts";
import { createLiveSessions } from "./live-sessions.ts";

const START = Date.parse("2026-11-23T12:00:00Z");

function start(change: Partial<SessionRecord> = {}) {
  const clock = { now: START };
  const user = {
    ...{ id: 1, uuid: "user", issuer: "local", subject: "user", email: "anna@example.com", name: null },
    ...{ createdAt: START, updatedAt: START, lastSeenAt: null },
  };
  const session = {
    ...{ id: 1, uuid: "session", userId: 1, createdAt: START, refreshedAt: START, expiresAt: START + 60_000 },
    ...{ endedAt: null, userAgent: null, address: null, ...change },
  };
  const table = { stored: { session, user } as OwnedSession | null, reads: 0 };
  const find = async () => {
    table.reads++;
    return table.stored;
  };
  return { clock, table, live: createLiveSessions({ find }, () => clock.now), user, session };
}

test("a session is read once in five seconds, and one that ended elsewhere is known after them", async () => {
  const { live, clock, table, session, user } = start();
  expect(await live.find("session")).toEqual({ session, user });
  table.stored = { session: { ...session, endedAt: START }, user };
  clock.now += 4999;
  expect(await live.find("session")).not.toBeNull();
  expect(table.reads).toBe(1);
  clock.now += 1;
  expect(await live.find("session")).toBeNull();
});

test("a session that is told to have changed is read anew at once", async () => {
  const { live, table } = start();
  await live.find("session");
  table.stored = null;
  live.forget("session");
  expect(await live.find("session")).toBeNull();
});

test("a session that ends while it is being read is not believed afterwards", async () => {
  const { live, table } = start();
  const reading = live.find("session");
  table.stored = null;
  live.forget("session");
  await reading;
  expect(await live.find("session")).toBeNull();
});

test("a session that expires while it is kept in memory is over", async () => {
  const { live, clock } = start({ expiresAt: START + 2000 });
  expect(await live.find("session")).not.toBeNull();
  clock.now += 2000;
  expect(await live.find("session")).toBeNull();
});
