import { expect, test } from "bun:test";
import { createKnownTargets, warnOfGoal } from "./known-targets.ts";

const counter = { workspaceId: 1, counterId: 100 };
const goals = (identifiers: readonly string[], fetchedAt: number | null) => ({
  ...{ ...counter, identifiers, fetchedAt, attemptedAt: 0, failures: 0, unreadableSince: null, errorCode: null },
});

test("goals that were never read judge nothing", async () => {
  const targets = createKnownTargets({ get: async () => goals([], null) }, () => 0);

  expect(await targets(counter)).toBeNull();
});

test("known targets are remembered for five seconds, then read again", async () => {
  let now = 0;
  let identifiers = ["purchase"];
  const targets = createKnownTargets({ get: async () => goals(identifiers, 1) }, () => now);
  expect(await targets(counter)).toEqual(new Set(["purchase"]));

  identifiers = ["lead"];
  now = 4999;
  expect(await targets(counter)).toEqual(new Set(["purchase"]));
  now = 5000;
  expect(await targets(counter)).toEqual(new Set(["lead"]));
});

test("a target that no goal has is warned of with the nearest one", () => {
  const known = new Set(["purchase", "lead"]);

  expect(warnOfGoal("purchase", known)).toBeNull();
  expect(warnOfGoal("purchse", known)).toMatchObject({ code: "goal_not_found", params: { nearest: "purchase" } });
  expect(warnOfGoal("purchse", new Set())).toMatchObject({ code: "goal_not_found_no_match" });
});
