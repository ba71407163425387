import { expect, test } from "bun:test";
import fc from "fast-check";
import { fitCalibration } from "./calibrate.ts";
import { sigmoid } from "./log-odds.ts";
import { createRandom } from "./random.ts";

/** Log-odds, and labels drawn from them. */
function drawn(count: number, truth: (logOdds: number) => number) {
  const random = createRandom(1);
  const logOdds = Float64Array.from({ length: count }, () => 6 * random.next() - 3);
  return { logOdds, labels: Uint8Array.from(logOdds, (own) => (random.next() < sigmoid(truth(own)) ? 1 : 0)) };
}

test("log-odds told twice too boldly and one too high are put right", () => {
  const { logOdds, labels } = drawn(50_000, (own) => own / 2 - 1);
  const { slope, intercept } = fitCalibration(logOdds, labels);
  expect(slope).toBeCloseTo(0.5, 1);
  expect(intercept).toBeCloseTo(-1, 1);
});

test("what is right already is left nearly alone", () => {
  const { logOdds, labels } = drawn(50_000, (own) => own);
  const { slope, intercept } = fitCalibration(logOdds, labels);
  expect(slope).toBeCloseTo(1, 1);
  expect(intercept).toBeCloseTo(0, 1);
});

test("the probabilities told add up to the positives seen", () => {
  const { logOdds, labels } = drawn(1000, (own) => own - 2);
  const { slope, intercept } = fitCalibration(logOdds, labels);
  const told = logOdds.reduce((sum, own) => sum + sigmoid(slope * own + intercept), 0);
  const seen = labels.reduce((sum, label) => sum + label, 0);
  // Apart from the softening, by less than one example on each side.
  expect(Math.abs(told - seen)).toBeLessThan(1);
});

test("a ranking the wrong way round has a slope below zero", () => {
  const { logOdds, labels } = drawn(1000, (own) => -own);
  expect(fitCalibration(logOdds, labels).slope).toBeLessThan(0);
});

test("log-odds that are all alike are told the average rate", () => {
  const labels = Uint8Array.from({ length: 100 }, (_, row) => (row < 10 ? 1 : 0));
  const { slope, intercept } = fitCalibration(new Float64Array(100).fill(2), labels);
  expect(sigmoid(slope * 2 + intercept)).toBeCloseTo(0.1, 1);
});

test("for every prediction, the line is finite, and steady where positives and others are perfectly apart", () => {
  const rows = fc.array(fc.tuple(fc.double({ min: -30, max: 30, noNaN: true }), fc.nat(1)), {
    minLength: 2,
    maxLength: 60,
  });
  fc.assert(
    fc.property(rows, (list) => {
      const line = fitCalibration(
        Float64Array.from(list, ([logOdds]) => logOdds),
        Uint8Array.from(list, ([, label]) => label),
      );
      expect(Number.isFinite(line.slope) && Number.isFinite(line.intercept)).toBe(true);
      expect(Math.abs(line.slope)).toBeLessThan(100);
    }),
  );
});
