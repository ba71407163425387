import { expect, test } from "bun:test";
import { follow } from "./follow.ts";

/** Answers one after another, the last one for ever. */
function answers<Answer>(...told: [Answer, ...Answer[]]): () => Promise<Answer> {
  return async () => (told.length > 1 ? (told.shift() as Answer) : told[0]);
}

test("each stage is told once, and the end is handed back", async () => {
  const moves: string[] = [];
  const end = await follow({
    read: answers("pending", "pending", "uploaded", "uploaded", "completed"),
    ...{ stage: (status: string) => status, from: "pending", isOver: (status: string) => status === "completed" },
    onMove: (status) => void moves.push(status),
    signal: new AbortController().signal,
  });
  expect(moves).toEqual(["uploaded"]);
  expect(end).toBe("completed");
});

test("following ends when its time is over", async () => {
  const stop = new AbortController();
  const following = follow({
    ...{ read: answers("pending"), stage: (status: string) => status, from: "" },
    ...{ isOver: () => false, onMove: () => stop.abort(), signal: stop.signal },
  });
  await expect(following).rejects.toThrow();
});
