import { expect, test } from "bun:test";
import type { UnassignedRow } from "../store/store.ts";
import { type KnownGoals, placeRow } from "./place-rows.ts";
import { JOINED_FOR_MS } from "./rules.ts";
import { NOW } from "./upload-examples.ts";

const RECHECK_MS = 3_600_000;
const row: UnassignedRow = {
  ...{ id: 1, batchId: 1, receivedAt: NOW, sourceId: 1, workspaceId: 1, counterId: 100 },
  ...{ currency: "RUB", target: "purchase", identifier: "client_id", purchaseId: "", dateTime: NOW / 1000, bytes: 60 },
  setAside: null,
};
const goals: KnownGoals = {
  ...{ identifiers: new Set(["purchase"]), fetchedAt: NOW - 1, attemptedAt: NOW - 1, unreadableSince: null },
};
const unknown = { ...row, target: "purchas" };
const place = (one: UnassignedRow, known: KnownGoals | null, now = NOW) => placeRow(one, known, now, RECHECK_MS);

test("a row whose goal is known goes into a file, however old the list is", () => {
  expect(place(row, goals)).toBe("upload");
  expect(place(row, { ...goals, fetchedAt: 0 })).toBe("upload");
});

test("a target is not called missing by a list that is older than the row", () => {
  expect(place(unknown, goals)).toBe("checking_goal");
  expect(place(unknown, null)).toBe("checking_goal");
  expect(place(unknown, { ...goals, fetchedAt: null })).toBe("checking_goal");
  expect(place(unknown, { ...goals, fetchedAt: NOW })).toBe("waiting_goal");
});

test("a row that already waits for its goal does not go back to being checked", () => {
  expect(place({ ...unknown, setAside: "waiting_goal" }, goals)).toBe("waiting_goal");
});

test("a row is given up when its goal has not appeared for 21 days, not a moment earlier", () => {
  const waiting = { ...unknown, setAside: "waiting_goal" } as const;
  const known = { ...goals, fetchedAt: NOW + JOINED_FOR_MS };
  expect(place(waiting, known, NOW + JOINED_FOR_MS)).toBe("waiting_goal");
  expect(place(waiting, known, NOW + JOINED_FOR_MS + 1)).toBe("goal_not_found");
});

test("where goals cannot be read a row is sent unjudged, and reading is tried again after a while", () => {
  const unreadable = { ...goals, fetchedAt: null, unreadableSince: NOW - 9e9, attemptedAt: NOW };
  expect(place(unknown, unreadable, NOW + RECHECK_MS - 1)).toBe("upload");
  expect(place(unknown, unreadable, NOW + RECHECK_MS)).toBe("checking_goal");
  expect(place(row, unreadable, NOW + RECHECK_MS)).toBe("upload");
});
