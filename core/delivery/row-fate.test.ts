import { expect, test } from "bun:test";
import type { BatchRow, UploadState } from "../store/store.ts";
import { fateOf, isLate } from "./row-fate.ts";
import { rowDetails } from "./sentences.ts";
import { moves } from "./upload-state.ts";

const conversion = {
  ...{ target: "purchase", dateTime: 1, clientId: "1", userId: "", yclid: "", purchaseId: "", price: null },
  currency: "",
};
const row: BatchRow = {
  ...{
    row: 0,
    kind: "accepted",
    conversionId: 1,
    conversion,
    sentTime: null,
    revision: 0,
    setAside: null,
    upload: null,
    rejection: null,
  },
};
const inFile = (state: UploadState, change: Partial<NonNullable<BatchRow["upload"]>> = {}): BatchRow => ({
  ...row,
  upload: {
    ...{ uuid: "u", state, metrikaStatus: null, rows: 10, linkedQuantity: null, metrikaUploadId: null },
    ...{ errorCode: null, credentialPaused: false, lateAt: null, ...change },
  },
});
const processed = (change: Partial<NonNullable<BatchRow["upload"]>>) =>
  fateOf(inFile("completed", { metrikaStatus: "PROCESSED", ...change }));

test.each([
  ["planned", "pending", "queued"],
  ["filling", "pending", "queued"],
  ["sending", "pending", "sending"],
  ["uncertain", "pending", "answer_lost"],
  ["sent", "pending", "sent"],
  ["processing", "pending", "processing"],
  ["failed", "error", "failed"],
] as const)("a row in a %s file is %s: %s", (state, status, detail) => {
  expect(fateOf(inFile(state))).toEqual({ status, detail, params: {} });
});

test("a row whose file waits for a working token says so", () => {
  expect(fateOf(inFile("planned", { credentialPaused: true }))).toMatchObject({ detail: "waiting_token" });
});

test("a row whose file waits for a person says so", () => {
  expect(fateOf(inFile("uncertain", { errorCode: "held_for_person" }))).toMatchObject({
    status: "pending",
    detail: "held",
  });
  expect(fateOf(inFile("uncertain", { errorCode: "list_unreadable" }))).toMatchObject({ detail: "answer_lost" });
});

test("a row is late while its late file is not at Metrika, and no longer", () => {
  const late = (state: UploadState) => isLate(inFile(state, { lateAt: 1 }));
  const unsent = (["filling", "planned", "sending", "uncertain"] as const).map(late);
  const gone = (["sent", "processing", "completed", "failed"] as const).map(late);
  expect([...new Set(unsent), ...new Set(gone)]).toEqual([true, false]);
  expect(isLate(inFile("planned"))).toBe(false);
  expect(isLate(row)).toBe(false);
});

test.each([
  ["waiting_goal", "pending", "waiting_goal"],
  ["goal_not_found", "error", "goal_not_found"],
  ["cancelled", "error", "cancelled"],
  ["checking_goal", "pending", "queued"],
  ["waiting_upload", "pending", "queued"],
  ["requeued", "pending", "queued"],
] as const)("a row set aside as %s is %s: %s", (setAside, status, detail) => {
  expect(fateOf({ ...row, setAside })).toMatchObject({ status, detail });
});

test("a row of a batch that the planner has not seen yet is queued", () => {
  expect(fateOf(row)).toEqual({ status: "pending", detail: "queued", params: {} });
});

test("a refused row is an error, whatever else stands there", () => {
  expect(fateOf({ ...row, kind: "rejected", conversion: null })).toMatchObject({ status: "error", detail: "rejected" });
});

test("a row that found no second of its own is not called linked", () => {
  const shared = { ...inFile("completed", { metrikaStatus: "PROCESSED", linkedQuantity: 10 }), sentTime: 1 };
  expect(fateOf(shared)).toEqual({ status: "processed", detail: "second_shared", params: {} });
  expect(fateOf({ ...shared, sentTime: 0 })).toMatchObject({ detail: "linked" });
  expect(fateOf({ ...inFile("planned"), sentTime: 1 })).toMatchObject({ detail: "queued" });
});

test("a row is called linked only when all rows of its file are", () => {
  expect(processed({ linkedQuantity: 10 })).toMatchObject({ status: "processed", detail: "linked" });
});

test("a row is called not linked only when none of its file is", () => {
  expect(processed({ linkedQuantity: 0 })).toMatchObject({ status: "processed", detail: "not_linked" });
  const failure = { metrikaStatus: "LINKAGE_FAILURE", linkedQuantity: 0 };
  expect(processed(failure)).toMatchObject({ status: "processed", detail: "not_linked" });
});

test("otherwise the row's fate is told in its file's numbers", () => {
  const params = { linked: 8, rows: 10 };
  expect(processed({ linkedQuantity: 8 })).toEqual({ status: "processed", detail: "linked_n_of_m", params });
});

test("every state of a file has a fate with a sentence", () => {
  for (const state of Object.keys(moves) as UploadState[])
    expect(rowDetails).toHaveProperty(fateOf(inFile(state)).detail);
});
