import { expect, test } from "bun:test";
import { createTurns } from "./turns.ts";

/** Work that ends when the test says so. */
function pieces() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const work = (name: string) => () => {
    begun.push(name);
    const end = Promise.withResolvers<string>();
    ends.set(name, end);
    return end.promise;
  };
  return { begun, work, end: (name: string) => ends.get(name) as PromiseWithResolvers<string> };
}

test("the later of two with one key waits for the first, and gets its own result", async () => {
  const inTurn = createTurns();
  const { begun, work, end } = pieces();
  const [first, second] = [inTurn("k", work("first")), inTurn("k", work("second"))];
  await Promise.resolve();
  expect(begun).toEqual(["first"]);
  end("first").resolve("one");
  expect(await first).toBe("one");
  expect(begun).toEqual(["first", "second"]);
  end("second").resolve("two");
  expect(await second).toBe("two");
});

test("different keys do not wait for each other", () => {
  const inTurn = createTurns();
  const { begun, work } = pieces();
  void inTurn("a", work("a"));
  void inTurn("b", work("b"));
  expect(begun).toEqual(["a", "b"]);
});

test("a failure goes to its own caller only", async () => {
  const inTurn = createTurns();
  const { work, end } = pieces();
  const [first, second] = [inTurn("k", work("first")), inTurn("k", work("second"))];
  end("first").reject(new Error("broken"));
  await expect(first).rejects.toThrow("broken");
  end("second").resolve("fine");
  expect(await second).toBe("fine");
});

test("a key that nobody waits for any more is begun at once", async () => {
  const inTurn = createTurns();
  const { begun, work, end } = pieces();
  const first = inTurn("k", work("first"));
  end("first").resolve("done");
  await first;
  void inTurn("k", work("later"));
  expect(begun).toEqual(["first", "later"]);
});
