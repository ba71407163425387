import { expect, test } from "bun:test";
import fc from "fast-check";
import { createRandom, shuffle } from "./random.ts";
import { allRows } from "./table.ts";

const draw = (seed: number, count: number) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test("a seed always gives the same numbers, and another seed others", () => {
  expect(draw(7, 100)).toEqual(draw(7, 100));
  expect(draw(7, 100)).not.toEqual(draw(8, 100));
});

test("numbers spread evenly over [0, 1)", () => {
  const drawn = draw(1, 100_000);
  const tenths = Array.from({ length: 10 }, (_, tenth) => drawn.filter((x) => Math.floor(x * 10) === tenth).length);
  expect(Math.min(...tenths)).toBeGreaterThan(9600);
  expect(Math.max(...tenths)).toBeLessThan(10_400);
});

test("what a fork gives does not depend on what its origin gives later", () => {
  const [one, other] = [createRandom(3), createRandom(3)];
  const [fork, otherFork] = [one.fork(), other.fork()];
  one.next();
  expect(fork.next()).toBe(otherFork.next());
  expect(fork.next()).not.toBe(one.next());
});

test("for every list, shuffling keeps each member once", () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer(), (length, seed) => {
      expect(shuffle(allRows(length), createRandom(seed)).sort()).toEqual(allRows(length));
    }),
  );
});
