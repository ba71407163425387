/**
 * Solves A x = b for a symmetric positive definite A, by Cholesky's decomposition.
 * @param lower A row by row, n × n, of which only the lower triangle is read; overwritten by its factor
 * @param right b, overwritten by x
 * @returns whether A was positive definite; if not, neither argument means anything afterwards
 */
export function solveSymmetric(lower: Float64Array, right: Float64Array): boolean {
  const n = right.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i > j) lower[i * n + j] = sum / lower[j * n + j]!;
      else if (sum > 0) lower[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) right[i]! -= lower[i * n + k]! * right[k]!;
    right[i]! /= lower[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) right[i]! -= lower[k * n + i]! * right[k]!;
    right[i]! /= lower[i * n + i]!;
  }
  return true;
}
