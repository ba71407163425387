import { expect, test } from "bun:test";
import fc from "fast-check";
import { splitByTime } from "./split-by-time.ts";

const shares = { train: 0.6, calibrate: 0.2 };

test("visits are divided by time, whatever order they come in", () => {
  const times = Float64Array.from({ length: 10 }, (_, row) => ((row * 7) % 10) * 1000);
  const secondsOf = (rows: Int32Array) => [...rows].map((row) => times[row]! / 1000);
  const { train, calibrate, report } = splitByTime(times, shares);
  expect([train, calibrate, report].map(secondsOf)).toEqual([
    [0, 1, 2, 3, 4, 5],
    [6, 7],
    [8, 9],
  ]);
});

test("for every set of times, each visit is in one part, and no part has one as early as a part before", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 60 }), (drawn) => {
      const times = Float64Array.from(drawn);
      const parts = Object.values(splitByTime(times, shares)).map((rows: Int32Array) => [...rows]);
      expect(parts.flat().toSorted((a, b) => a - b)).toEqual([...times.keys()]);
      const latest = parts.map((rows) => Math.max(-1, ...rows.map((row) => times[row]!)));
      const earliest = parts.map((rows) => Math.min(Infinity, ...rows.map((row) => times[row]!)));
      expect(latest[0]!).toBeLessThan(Math.min(earliest[1]!, earliest[2]!));
      expect(latest[1]!).toBeLessThan(earliest[2]!);
    }),
  );
});

test.each([Number.NaN, Infinity, -1, 1e18])("a visit at %p is refused with its row", (time) => {
  expect(() => splitByTime(Float64Array.of(0, time), shares)).toThrow(`Row 1 has no time: ${time}.`);
});

test("parts that leave nothing to report on are refused", () => {
  expect(() => splitByTime(Float64Array.of(0), { train: 0.8, calibrate: 0.2 })).toThrow(
    "The option “train + calibrate” is 1",
  );
  expect(() => splitByTime(Float64Array.of(0), { train: 0, calibrate: 0.2 })).toThrow("The option “train” is 0");
});
