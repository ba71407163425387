import { expect, test } from "bun:test";
import fc from "fast-check";
import { brierScore, calibrationError, logLoss, reliabilityTable } from "./probability.ts";
import { tiesOf } from "./ranking.ts";

const probabilities = Float64Array.of(0.9, 0.2, 0.6, 0.5);
const labels = Uint8Array.of(1, 0, 0, 1);

test("the Brier score is the mean squared distance", () => {
  expect(brierScore(probabilities, labels)).toBeCloseTo((0.01 + 0.04 + 0.36 + 0.25) / 4, 12);
});

test("log loss is the mean of minus the logarithm of what came true", () => {
  const expected = -(Math.log(0.9) + Math.log(0.8) + Math.log(0.4) + Math.log(0.5)) / 4;
  expect(logLoss(probabilities, labels)).toBeCloseTo(expected, 12);
});

test("what was told impossible and came true costs much, not infinitely", () => {
  expect(logLoss(Float64Array.of(0), Uint8Array.of(1))).toBeCloseTo(52 * Math.LN2, 10);
});

test("a reliability table holds what was told and what was seen, the highest first", () => {
  const told = Float64Array.of(0.8, 0.8, 0.6, 0.2, 0.1, 0.1);
  const table = reliabilityTable(tiesOf(told, Uint8Array.of(1, 1, 0, 1, 0, 0)), 2);
  expect(table).toEqual([
    { rows: 3, predicted: expect.closeTo(2.2 / 3, 10), observed: expect.closeTo(2 / 3, 10) },
    { rows: 3, predicted: expect.closeTo(0.4 / 3, 10), observed: expect.closeTo(1 / 3, 10) },
  ]);
  expect(calibrationError(table)).toBeCloseTo((0.2 / 3 + 0.6 / 3) / 2, 10);
});

test("for every prediction, the table holds each row once, and its parts hold neighbours", () => {
  const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.nat(1)), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(rows, (drawn) => {
      const told = Float64Array.from(drawn, ([twentieths]) => twentieths / 20);
      const table = reliabilityTable(
        tiesOf(
          told,
          Uint8Array.from(drawn, ([, label]) => label),
        ),
      );
      expect(table.length).toBeLessThanOrEqual(10);
      expect(table.reduce((sum, bin) => sum + bin.rows, 0)).toBe(drawn.length);
      expect(table.every(({ predicted }, i) => i === 0 || predicted < table[i - 1]!.predicted)).toBe(true);
      const toldOfAll = table.reduce((sum, bin) => sum + bin.predicted * bin.rows, 0);
      expect(toldOfAll).toBeCloseTo(
        told.reduce((sum, own) => sum + own, 0),
        8,
      );
    }),
  );
});
