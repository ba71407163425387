import { expect, test } from "bun:test";
import { goalIdentifiers, isGoalIdentifier, type MetrikaGoal } from "./goals.ts";

function goal(type: string, conditions: MetrikaGoal["conditions"], status = "Active"): MetrikaGoal {
  return { id: "1", name: "Покупка", type, source: "user", status, favorite: false, conditions };
}

test("offline conversions reach only action goals by an exact identifier", () => {
  const goals = [
    goal("action", [{ type: "exact", url: "purchase" }]),
    goal("action", [{ type: "contain", url: "lead" }]),
    goal("url", [{ type: "exact", url: "/thanks" }]),
    goal("action", [{ type: "exact", url: "gone" }], "Deleted"),
    goal("cdp_order_paid", []),
  ];
  expect([...goalIdentifiers(goals)]).toEqual(["purchase"]);
});

test("an identifier has none of the characters that Metrika forbids", () => {
  expect(["purchase", "заявка", "order-1.2", "a%2Bb"].every(isGoalIdentifier)).toBe(true);
  expect(["", "a/b", "a\\b", "a&b", "a#b", "a?b", "a=b", 'a"b', "a+b"].some(isGoalIdentifier)).toBe(false);
});
