import { expect, test } from "bun:test";
import { reportMatchRate } from "./match-rate.ts";

const counts = (rows: number, linkedMin: number, linkedMax = linkedMin) => ({ rows, linkedMin, linkedMax });

test("equal bounds are an exact rate", () => {
  expect(reportMatchRate(counts(100, 80), "ru")).toEqual({
    ...{ linkage: "exact", rate: 0.8, rateMin: 0.8, rateMax: 0.8, message: "привязано 80 из 100 (80 %)" },
  });
  expect(reportMatchRate(counts(3, 2), "ru")).toMatchObject({ rate: 0.6667, message: "привязано 2 из 3 (66,7 %)" });
  expect(reportMatchRate(counts(3, 2), "en").message).toBe("2 of 3 linked (66.7 %)");
});

test("bounds that differ are a range, rounded outward, and no rate", () => {
  expect(reportMatchRate(counts(3, 1, 2), "ru")).toEqual({
    ...{ linkage: "range", rate: null, rateMin: 0.3333, rateMax: 0.6667, message: "привязано от 1 до 2 из 3" },
  });
});

test("without rows nothing is known", () => {
  const nothing = { linkage: "unknown", rate: null, rateMin: null, rateMax: null } as const;
  expect(reportMatchRate(counts(0, 0), "ru")).toEqual({ ...nothing, message: "нет данных" });
  expect(reportMatchRate(counts(0, 0), "en").message).toBe("no data");
});
