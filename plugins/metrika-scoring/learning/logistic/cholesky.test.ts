import { expect, test } from "bun:test";
import fc from "fast-check";
import { solveSymmetric } from "./cholesky.ts";

test("for every positive definite system, the solution solves it", () => {
  const size = 4;
  const entries = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: size * size, maxLength: size * size });
  fc.assert(
    fc.property(entries, fc.array(fc.integer(), { minLength: size, maxLength: size }), (root, wanted) => {
      // R Rᵀ + I is positive definite whatever R is.
      const at = (i: number, j: number) =>
        (i === j ? 1 : 0) +
        Array.from({ length: size }, (_, k) => root[i * size + k]! * root[j * size + k]!).reduce((a, b) => a + b);
      const matrix = Float64Array.from({ length: size * size }, (_, index) =>
        at(Math.floor(index / size), index % size),
      );
      const right = Float64Array.from({ length: size }, (_, i) => wanted.reduce((sum, x, j) => sum + at(i, j) * x, 0));
      expect(solveSymmetric(matrix, right)).toBe(true);
      const scale = Math.max(1, ...wanted.map(Math.abs));
      for (const [i, x] of wanted.entries()) expect(right[i]! / scale).toBeCloseTo(x / scale, 6);
    }),
  );
});

test("what is not positive definite is not solved", () => {
  expect(solveSymmetric(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toBe(false);
});
