import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { PriceRule } from "./mapping.ts";
import { priceOf } from "./price-of.ts";

const margin = { id: "7", code: null, name: "Маржа", values: ["", "8123.45"] };

const price = (rule: PriceRule, amount: string | null = "24990.50", zeroPrice: "absent" | "sent" = "absent") =>
  priceOf(rule, zeroPrice, { price: amount, fields: [margin] });

test("a price is the deal's amount, that of a field, always the same, or none", () => {
  expect(price({ from: "deal" })).toBe("24990.50");
  expect(price({ from: "field", field: "маржа" })).toBe("8123.45");
  expect(price({ from: "field", field: "Скидка" })).toBeNull();
  expect(price({ from: "constant", amount: "500" })).toBe("500");
  expect(price({ from: "none" })).toBeNull();
});

test("an amount of 0 is no price unless it is to take a price back", () => {
  expect(price({ from: "deal" }, "0")).toBeNull();
  expect(price({ from: "deal" }, "0.00")).toBeNull();
  expect(price({ from: "deal" }, "0", "sent")).toBe("0");
  expect(price({ from: "share", percent: "10" }, "0", "sent")).toBe("0");
  expect(price({ from: "deal" }, null, "sent")).toBeNull();
  expect(price({ from: "constant", amount: "0" })).toBe("0");
});

test("what is no decimal is handed on, for the sink to refuse with its mend", () => {
  expect(price({ from: "deal" }, "12 500,50 ₽")).toBe("12 500,50 ₽");
  expect(price({ from: "share", percent: "10" }, "12 500,50 ₽")).toBe("12 500,50 ₽");
});

describe("a share", () => {
  test("is exact, and rounded half up", () => {
    expect(price({ from: "share", percent: "10" }, "0.25")).toBe("0.03");
    expect(price({ from: "share", percent: "10" }, "0.24")).toBe("0.02");
    expect(price({ from: "share", percent: "33.3333" }, "999999999999999.99")).toBe("333333000000000");
    expect(price({ from: "share", percent: "32.5", field: "7" })).toBe("2640.12");
  });

  const decimal = (digits: number, fraction: number) =>
    fc
      .tuple(fc.bigInt({ min: 1n, max: 10n ** BigInt(digits) - 1n }), fc.integer({ min: 0, max: fraction }))
      .map(([units, places]) => ({ units, places, text: spell(units, places) }));

  test("for every amount and percent it is within half a kopeck of the exact one, and above it where it lies between", () => {
    fc.assert(
      fc.property(decimal(15, 4), decimal(4, 2), (amount, percent) => {
        const share = price({ from: "share", percent: percent.text }, amount.text, "sent");
        // In whole numbers: units of the exact product, 100 kopecks to a rouble, 100 percent to one.
        const scale = 10n ** BigInt(amount.places + percent.places);
        const exact = amount.units * percent.units;
        const kopecks = (2n * exact + scale) / (2n * scale);
        expect(share).toBe(spell(kopecks, 2).replace(/\.?0+$/, "") || "0");
      }),
    );
  });
});

/** 12345 units of 2 places are "123.45". */
function spell(units: bigint, places: number): string {
  const digits = String(units).padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
