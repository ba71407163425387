import { expect, test } from "bun:test";
import type { BatchRecord, BatchUpload, CredentialRecord } from "../store/store.ts";
import { type BatchFacts, reportBatch } from "./batch-report.ts";
import { exampleBatchUpload, NOW } from "./upload-examples.ts";

const batch: BatchRecord = {
  ...{ id: 1, uuid: "b", sourceId: 1, sourceUuid: "s", counterId: 100, status: "pending", statusVersion: 1 },
  ...{ total: 10, processed: 0, duplicates: 0, rejected: 0, metrikaUploadId: null, createdAt: NOW, updatedAt: NOW },
  warnings: [],
};
const credential: CredentialRecord = {
  ...{ id: 7, uuid: "c", workspaceId: 1, sealedToken: "", tokenHash: "", login: null },
  ...{ pausedUntil: NOW + 5000, pausedReason: "unauthorized", pauses: 1 },
};
const facts: BatchFacts = {
  batch,
  uploads: [],
  setAside: [],
  goals: [],
  goalsUnreadable: false,
  credential: null,
  deliveryPaused: false,
  now: NOW,
};
const of = (change: Partial<BatchUpload>, more: Partial<BatchFacts> = {}) =>
  reportBatch({ ...facts, uploads: [exampleBatchUpload(change)], ...more }, "en");
const all = {
  sourceQuantity: 10,
  lineQuantity: 10,
  linkedQuantity: 10,
  goalNotFoundQuantity: 0,
  userNotFoundQuantity: 0,
};
const settled = { state: "completed", metrikaStatus: "PROCESSED", metrikaUploadId: "900", ...all } as const;

test("a batch all of whose rows were linked has nothing amiss", () => {
  const exact = { linked: 10, goalNotFound: 0, userNotFound: 0, linkage: "exact" } as const;
  expect(of(settled)).toEqual({ errors: null, ...exact, nextAttemptAt: null });
});

test("a batch that nobody has planned yet has nothing to tell", () => {
  const unknown = { linked: null, goalNotFound: null, userNotFound: null, linkage: null } as const;
  expect(reportBatch(facts, "en")).toEqual({ errors: null, ...unknown, nextAttemptAt: null });
});

test("refused rows, rows without a goal and rows that Metrika missed are each told, in the reader's language", () => {
  const missing = { linkedQuantity: 6, userNotFoundQuantity: 3, goalNotFoundQuantity: 1, lineQuantity: 9 };
  const uploads = [exampleBatchUpload({ ...settled, ...missing })];
  const setAside = [{ target: "purchas", reason: "waiting_goal", rows: 2 } as const];
  const mixed = { ...facts, batch: { ...batch, rejected: 3 }, uploads, setAside, goals: ["buy", "purchase"] };
  expect(reportBatch(mixed, "en").errors).toEqual([
    "Rows refused: 3. The reason of each stands in rejections.",
    "Rows waiting for the goal “purchas”: 2. The counter has no such goal; the nearest existing one is “purchase”. Create a goal of the type “JavaScript event” with this identifier and the rows will go by themselves; after 21 days they become an error.",
    "Metrika did not take 1 of the 10 rows of file 900; it does not say which.",
    "In file 900 Metrika found no goal for 1 of 10 rows.",
    "In file 900 Metrika found no visitor for 3 of 10 rows.",
    "Metrika processed file 900 and linked 6 of its 10 rows; it does not say which.",
  ]);
  expect(reportBatch(mixed, "ru").errors?.[5]).toBe(
    "Метрика обработала файл 900 и привязала 6 из 10 строк; какие именно, она не сообщает.",
  );
});

test("the numbers of several files of a batch's own are added up", () => {
  const uploads = [exampleBatchUpload(settled), exampleBatchUpload({ ...settled, linkedQuantity: 4 })];
  expect(reportBatch({ ...facts, uploads }, "en")).toMatchObject({ linked: 14, linkage: "exact" });
});

test("numbers are not told while a file is open, nor when a file is shared", () => {
  const open = reportBatch(
    { ...facts, uploads: [exampleBatchUpload(settled), exampleBatchUpload({ state: "sent" })] },
    "en",
  );
  expect(open).toMatchObject({ linked: null, linkage: null });
  expect(of({ ...settled, exclusive: false })).toMatchObject({
    linked: null,
    userNotFound: null,
    linkage: "shared_file",
  });
});

test("a file without one visit is told as such, not as a count", () => {
  const { errors, linked } = of({ ...settled, metrikaStatus: "LINKAGE_FAILURE", linkedQuantity: 0 });
  expect(linked).toBe(0);
  expect(errors).toEqual([expect.stringContaining("found no visit for any row (rows: 10)")]);
});

test("a refused file is told in Metrika's own words", () => {
  const { errors } = of({ state: "failed", errorCode: "metrika_rejected", errorText: "Bad column." });
  expect(errors).toEqual(["Metrika refused the file (rows: 10): Bad column."]);
});

test("a file of which nothing was taken, and one of an unknown counter, each have their sentence", () => {
  const none = of({ state: "failed", errorCode: "metrika_refused_all_rows" });
  expect(none.errors).toEqual(["Metrika took no row of the file (rows: 10)."]);
  const lost = of({ state: "failed", errorCode: "metrika_not_found", errorText: "no counter" });
  expect(lost.errors).toEqual(["Metrika did not find the counter for the file (rows: 10): no counter."]);
});

test("a file that could not be sent says why and when it is tried again", () => {
  const later = { errorCode: "metrika_unreachable", errorText: "ECONNREFUSED", nextAttemptAt: NOW + 9000 };
  const { errors, nextAttemptAt } = of({ state: "planned", ...later });
  expect(errors).toEqual([
    expect.stringMatching(
      /^The file \(rows: 10\) is not sent yet\. Metrika could not be reached\..*\(ECONNREFUSED\)\.$/,
    ),
  ]);
  expect(nextAttemptAt).toBe(NOW + 9000);
});

test("a file that waits for a token says so, as long as the token rests", () => {
  const refused = { state: "planned", errorCode: "metrika_unauthorized", errorText: "invalid token" } as const;
  const waits = of(refused, { credential });
  expect(waits.errors).toEqual([
    expect.stringContaining(
      "Sending waits. Metrika refused the token: it is invalid, revoked or expired. Set a new token (invalid token).",
    ),
  ]);
  expect(waits.nextAttemptAt).toBe(NOW + 5000);
  const { errors } = of(refused, { credential: { ...credential, pausedUntil: NOW } });
  expect(errors).toEqual([expect.stringContaining("not sent yet")]);
  expect(of({ state: "planned" }, { credential: { ...credential, id: 8 } }).errors).toBeNull();
});

test("a file that waits for the daily quota says so", () => {
  const { errors } = of({ state: "planned" }, { credential: { ...credential, pausedReason: "quota" } });
  expect(errors).toEqual([expect.stringContaining("until 00:00 GMT")]);
});

test.each([
  ["uncertain", null, "was lost"],
  ["uncertain", "held_for_person", "decide by POST /v1/uploads/01a20927-1285-7158-98b4-3c0882141104/resolve"],
  ["uncertain", "list_unreadable", "could not be read for more than a day"],
  ["processing", "metrika_stuck", "for more than a day"],
  ["processing", "metrika_unknown_status", "the unknown status REINDEXED"],
  ["sent", "metrika_lost_sight", "does not show it in its list"],
] as const)("a %s file marked %s is told", (state, errorCode, words) => {
  const { errors } = of({ state, errorCode, metrikaStatus: "REINDEXED" });
  expect(errors).toEqual([expect.stringContaining(words)]);
});

test("a file on its ordinary way gives no cause for words", () => {
  for (const state of ["filling", "planned", "sending", "sent", "processing"] as const)
    expect(of({ state }).errors).toBeNull();
});

test("a file beyond its deadline is told as late until Metrika has it", () => {
  for (const state of ["filling", "planned", "sending"] as const)
    expect(of({ state, lateAt: NOW }).errors).toEqual([expect.stringContaining("It will be sent all the same")]);
  expect(of({ state: "uncertain", lateAt: NOW }).errors).toHaveLength(2);
  for (const state of ["sent", "processing"] as const) expect(of({ state, lateAt: NOW }).errors).toBeNull();
});

test("goals that cannot be read are mentioned while it matters", () => {
  const unreadable = { goalsUnreadable: true };
  const told = [expect.stringContaining("The goals of counter 100 could not be read")];
  expect(of({ state: "sent" }, unreadable).errors).toEqual(told);
  expect(of(settled, unreadable).errors).toBeNull();
  expect(reportBatch({ ...facts, ...unreadable }, "en").errors).toBeNull();
});
