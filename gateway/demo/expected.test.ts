import { expect, test } from "bun:test";
import type { BatchAnswer } from "./client.ts";
import { checkNumbers, checkOutcome, NotAsExpectedError } from "./expected.ts";

const expected = { total: 3, accepted: 2, duplicates: 1, rejected: 0, linked: 1, waiting: 1 };
const batch: BatchAnswer = {
  ...{ batch_id: "b", webhook_id: "w", counter_id: 1, created_at: "", updated_at: "", metrika_upload_id: "1" },
  ...{ status: "completed", total: 3, accepted: 2, duplicates: 1, rejected: 0, processed: 2, errors: null },
  ...{ linked: 1, goal_not_found: 0, user_not_found: 0, linkage: "exact", rejections: [], warnings: [], uploads: [] },
  ...{ set_aside: [{ target: "lead", reason: "waiting_goal", rows: 1 }], next_attempt_at: null, status_version: 1 },
};

test("a batch that came out as it should passes", () => {
  expect(() => checkOutcome(batch, expected)).not.toThrow();
});

test("each number that differs is named, an unknown one too", () => {
  const wrong = { ...batch, accepted: 3, linked: null, set_aside: [] };
  expect(() => checkOutcome(wrong, expected)).toThrow("accepted 3, not 2; linked null, not 1; waiting 0, not 1");
});

test("right numbers under a wrong status do not pass", () => {
  expect(() => checkOutcome({ ...batch, status: "error" }, expected)).toThrow(NotAsExpectedError);
});

test("Metrika's books fail the demo if a row was lost or came twice", () => {
  expect(() => checkNumbers({ conversions: 18, uploaded: 18 }, { conversions: 18, uploaded: 18 })).not.toThrow();
  expect(() => checkNumbers({ conversions: 17, uploaded: 17 }, { conversions: 18, uploaded: 18 })).toThrow();
  expect(() => checkNumbers({ conversions: 18, uploaded: 19 }, { conversions: 18, uploaded: 18 })).toThrow();
});
