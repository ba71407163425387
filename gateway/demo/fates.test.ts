import { expect, test } from "bun:test";
import type { BatchRowAnswer } from "./client.ts";
import { ranges, rowFates } from "./fates.ts";

const row = (index: number, told: Partial<BatchRowAnswer>): BatchRowAnswer => ({
  ...{ index, kind: "accepted", status: "processed", detail: "linked", message: "Linked.", revision: 0, late: false },
  ...{ conversion_id: null, conversion: null, sent_time: null, upload_id: null, rejection: null, received: null },
  ...told,
});

test("rows with the same fate are told together, refused ones whatever their reasons", () => {
  const rows = [
    row(0, {}),
    row(1, { kind: "rejected", status: "error", detail: "rejected", message: "No time." }),
    row(2, {}),
    row(3, {}),
    row(4, { kind: "rejected", status: "error", detail: "rejected", message: "No identifier." }),
    row(5, { kind: "duplicate" }),
    row(6, { status: "pending", detail: "waiting_goal", message: "Waits." }),
  ];
  expect(rowFates(rows).map(({ count, indexes, kind }) => [count, indexes, kind])).toEqual([
    [3, "0, 2-3", "accepted"],
    [2, "1, 4", "rejected"],
    [1, "5", "duplicate"],
    [1, "6", "accepted"],
  ]);
});

test("runs of numbers are shortened", () => {
  expect(ranges([0, 1, 2, 4, 6, 7])).toBe("0-2, 4, 6-7");
  expect(ranges([])).toBe("");
});
