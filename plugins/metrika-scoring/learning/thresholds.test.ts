import { expect, test } from "bun:test";
import fc from "fast-check";
import { allRows } from "./table.ts";
import { fitThresholds, isChosen } from "./thresholds.ts";

const needs = { rows: 50, positives: 10 };
const devices = ["desktop", "phone", "watch"];

/** A thousand visits each of desktops and phones, ten of watches; phones' probabilities are half of desktops', all told rightly. */
const codes = Int32Array.from({ length: 2010 }, (_, row) => (row < 2000 ? row % 2 : 2));
const probabilities = Float64Array.from(codes, (device, row) => ((row >> 1) % 1000) / 1000 / (device === 1 ? 2 : 1));
const labels = Uint8Array.from(probabilities, (own, row) => ((row * 0.618) % 1 < own ? 1 : 0));
const groups = { kind: "categorical" as const, name: "device", categories: devices, codes };
const judged = { probabilities, labels, groups };

const shareChosen = (group: string, thresholds: ReturnType<typeof fitThresholds>) => {
  const rows = [...codes.keys()].filter((row) => devices[codes[row]!] === group);
  return rows.filter((row) => isChosen(thresholds, group, probabilities[row]!)).length / rows.length;
};

test("a stated share is chosen of each device", () => {
  const thresholds = fitThresholds(judged, { kind: "share", share: 0.1 }, needs);
  expect(shareChosen("desktop", thresholds)).toBe(0.1);
  expect(shareChosen("phone", thresholds)).toBe(0.1);
  expect(thresholds.groups.map(({ threshold }) => threshold)).toEqual([0.9, 0.45, thresholds.overall]);
});

test("a device with too few visits takes the overall threshold, and so does an unknown one", () => {
  const thresholds = fitThresholds(judged, { kind: "share", share: 0.1 }, needs);
  expect(thresholds.groups.map(({ is_own }) => is_own)).toEqual([true, true, false]);
  expect(isChosen(thresholds, "television", thresholds.overall)).toBe(true);
  expect(isChosen(thresholds, null, thresholds.overall - 0.001)).toBe(false);
});

test("a stated precision is kept with as many chosen as it allows, and none of a device that cannot keep it", () => {
  const thresholds = fitThresholds(judged, { kind: "precision", precision: 0.8 }, needs);
  const [desktop, phone] = thresholds.groups;
  const chosen = [...codes.keys()].filter(
    (row) => codes[row] === 0 && isChosen(thresholds, "desktop", probabilities[row]!),
  );
  const precision = chosen.filter((row) => labels[row] === 1).length / chosen.length;
  expect(precision).toBeGreaterThanOrEqual(0.8);
  expect(precision).toBeLessThan(0.81);
  expect(desktop?.threshold).toBeCloseTo(0.6, 1);
  expect(phone).toEqual({ group: "phone", threshold: null, is_own: true });
  expect(isChosen(thresholds, "phone", 1)).toBe(false);
});

test("a precision that none has is refused with the best there is", () => {
  expect(() =>
    fitThresholds(
      { ...judged, groups: null, labels: labels.map(() => 0).fill(1, 0, 5) },
      { kind: "precision", precision: 0.9 },
      needs,
    ),
  ).toThrow(/A precision of 0\.9 cannot be reached: the best with at least 20 visits chosen is 0\.\d+\./);
});

test.each([0, 1, -0.1, Number.NaN])("a share of %p is refused", (share) => {
  expect(() => fitThresholds(judged, { kind: "share", share }, needs)).toThrow("must be more than 0 and less than 1");
});

test("for every prediction, no other threshold comes nearer to the share", () => {
  const list = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(list, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (drawn, share) => {
      const own = Float64Array.from(drawn, (twentieths) => twentieths / 20);
      const set = { probabilities: own, labels: new Uint8Array(own.length), groups: null };
      const { overall } = fitThresholds(set, { kind: "share", share }, needs);
      const distance = (threshold: number) =>
        Math.abs(own.filter((one) => one >= threshold).length - share * own.length);
      expect(distance(overall)).toBe(Math.min(...own.map(distance)));
      expect(
        allRows(own.length).some((row) =>
          isChosen({ aim: { kind: "share", share }, overall, groups: [] }, null, own[row]!),
        ),
      ).toBe(true);
    }),
  );
});
