import { expect, test } from "bun:test";
import fc from "fast-check";
import { isSignedBy } from "./signed-by.ts";

const sign = (key: string) => `signed with ${key}`;

test("a signature with either key is right, whichever of several it is", () => {
  expect(isSignedBy(["new", "old"], [sign("new")], sign)).toBe(true);
  expect(isSignedBy(["new", "old"], ["other", sign("old")], sign)).toBe(true);
  expect(isSignedBy(["new"], [sign("old")], sign)).toBe(false);
});

test("what is refused took two signatures, with two keys, with one and with none", () => {
  for (const keys of [[], ["one"], ["one", "two"]]) {
    let signatures = 0;
    const counted = (key: string) => {
      signatures++;
      return sign(key);
    };
    expect(isSignedBy(keys, ["wrong"], counted)).toBe(false);
    expect(signatures).toBe(2);
  }
});

test("without a key nothing is right, not even what stands in for one", () => {
  let tried: string[] = [];
  const remembering = (key: string) => {
    tried = [...tried, sign(key)];
    return sign(key);
  };
  isSignedBy([], [""], remembering);
  expect(isSignedBy([], tried, sign)).toBe(false);
});

test("for every text but the signature itself the answer is no", () => {
  const near = fc.oneof(
    fc.string(),
    fc.nat(sign("key").length - 1).map((end) => sign("key").slice(0, end)),
    fc.string({ minLength: 1 }).map((more) => sign("key") + more),
  );
  fc.assert(
    fc.property(
      near.filter((text) => text !== sign("key")),
      (text) => {
        expect(isSignedBy(["key"], [text], sign)).toBe(false);
      },
    ),
  );
});
