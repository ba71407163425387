import { expect, test } from "bun:test";
import { outcomeOfPoll } from "./poll-outcome.ts";
import { defaultRules, STUCK_AFTER_MS } from "./rules.ts";
import { exampleUpload, exampleUploading, NOW } from "./upload-examples.ts";

const at = { now: NOW, rules: defaultRules, wait: 60_000 };
const sent = exampleUpload({ state: "sent", sentAt: NOW - 1000, errorCode: "metrika_lost_sight" });

test.each(["PREPARED", "UPLOADED"])("a file that Metrika has not begun (%s) stays sent", (status) => {
  const { to, facts, outcome } = outcomeOfPoll(sent, exampleUploading({ status }), at);
  expect(to).toBe("sent");
  expect(facts).toMatchObject({ metrikaStatus: status, nextAttemptAt: NOW + 60_000, errorCode: null });
  expect(outcome).toBe(status);
});

test.each(["EXPORTED", "MATCHED"])("a file that Metrika works on (%s) is processing", (status) => {
  expect(outcomeOfPoll(sent, exampleUploading({ status }), at).to).toBe("processing");
});

test("a status that goes back does not take the file back", () => {
  const processing = { ...sent, state: "processing" } as const;
  expect(outcomeOfPoll(processing, exampleUploading({ status: "UPLOADED" }), at).to).toBe("processing");
});

test("a processed file is completed with Metrika's numbers", () => {
  const numbers = { linkedQuantity: 7, userNotFoundQuantity: 2, goalNotFoundQuantity: 1 };
  const { to, facts } = outcomeOfPoll(sent, exampleUploading({ status: "PROCESSED", ...numbers }), at);
  expect(to).toBe("completed");
  expect(facts).toMatchObject({ ...numbers, metrikaStatus: "PROCESSED", settledAt: NOW, errorCode: null });
});

test("a file whose rows met no visit is completed, not failed: Metrika has it", () => {
  const { to, facts } = outcomeOfPoll(sent, exampleUploading({ status: "LINKAGE_FAILURE" }), at);
  expect(to).toBe("completed");
  expect(facts).toMatchObject({ linkedQuantity: 0, metrikaStatus: "LINKAGE_FAILURE" });
});

test.each(["PROCESSED", "LINKAGE_FAILURE"])("a file that ended as %s without one row taken has failed", (status) => {
  const { to, facts } = outcomeOfPoll(sent, exampleUploading({ status, lineQuantity: 0 }), at);
  expect(to).toBe("failed");
  expect(facts).toMatchObject({ errorCode: "metrika_refused_all_rows", settledAt: NOW });
});

test("an unknown status is watched on, and marked", () => {
  const { to, facts } = outcomeOfPoll(sent, exampleUploading({ status: "REINDEXED" }), at);
  expect(to).toBe("processing");
  expect(facts).toMatchObject({ errorCode: "metrika_unknown_status", nextAttemptAt: NOW + 60_000 });
});

test("a file that Metrika has worked on for longer than a day is marked, and watched on", () => {
  const asleep = { ...sent, sentAt: NOW - STUCK_AFTER_MS };
  expect(outcomeOfPoll(asleep, exampleUploading(), at).facts.errorCode).toBeNull();
  const { to, facts } = outcomeOfPoll({ ...asleep, sentAt: asleep.sentAt - 1 }, exampleUploading(), at);
  expect(to).toBe("sent");
  expect(facts).toMatchObject({ errorCode: "metrika_stuck", nextAttemptAt: NOW + 60_000 });
});
