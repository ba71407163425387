import { expect, test } from "bun:test";
import type { UploadMove, UploadState } from "../store/store.ts";
import { moveUpload } from "./move-upload.ts";
import { NOW } from "./upload-examples.ts";
import { mayMove, moves } from "./upload-state.ts";

const states = Object.keys(moves) as UploadState[];

test("a settled upload stays settled", () => {
  for (const settled of ["completed", "failed"] as const)
    expect(states.filter((to) => mayMove(settled, to))).toEqual([settled]);
});

test("an upload whose answer was lost is never sent again without being looked up", () => {
  expect(mayMove("uncertain", "sending")).toBe(false);
  expect(mayMove("uncertain", "planned")).toBe(true);
});

test("every state may be written again with new facts", () => {
  for (const state of states) expect(mayMove(state, state)).toBe(true);
});

test("a move that the state machine does not know never reaches the store", async () => {
  const made: UploadMove[] = [];
  const move = async (one: UploadMove) => made.push(one) > 0;
  const deps = { store: { uploads: { move } } } as unknown as Parameters<typeof moveUpload>[0];
  const step: UploadMove = { id: 1, claim: "c", from: "planned", to: "sending", facts: {}, attempt: null, now: NOW };
  expect(await moveUpload(deps, step)).toBe(true);
  await expect(moveUpload(deps, { ...step, from: "completed", to: "planned" })).rejects.toThrow(
    "An upload cannot go from completed to planned.",
  );
  expect(made).toEqual([step]);
});
