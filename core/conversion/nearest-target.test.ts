import { expect, test } from "bun:test";
import { nearestTarget } from "./nearest-target.ts";

test("the nearest goal is the one most like the target, if there is any", () => {
  expect(nearestTarget("purchas", ["lead", "purchase", "order"])).toBe("purchase");
  expect(nearestTarget("purchas", [])).toBeNull();
});
