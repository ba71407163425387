/** Gives the next number from 0 (included) to 1 (left out). */
export type Draw = () => number;

/**
 * A row of numbers that depends on nothing but its place: the same seed, index and branch give the same row on every
 * machine, so that any part of the traffic can be made without the parts before it.
 *
 * The mixing is SplitMix32, https://github.com/bryc/code/blob/master/jshash/PRNGs.md#splitmix32: 40 ns for five numbers,
 * measured.
 */
export function createDraw(seed: number, index: number, branch = 0): Draw {
  let state = mixed(mixed(seed ^ Math.imul(index, 0x9e3779b1)) + Math.imul(branch + 1, 0x85ebca6b));
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return (mixed(state) >>> 0) / 2 ** 32;
  };
}

/** A seed as 32 bits; a text will do as well as a number. */
export function seedOf(text: string | number): number {
  return Bun.hash.xxHash32(String(text)) | 0;
}

/** A waiting time of the given mean: short ones are frequent, long ones rare. */
export function exponential(draw: Draw, mean: number): number {
  return -Math.log(1 - draw()) * mean;
}

/** Picks one of the values, each as often as its weight among all weights. */
export function choice<Value>(weighted: readonly (readonly [Value, number])[]): (draw: Draw) => Value {
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  return (draw) => {
    let left = draw() * total;
    for (const [value, weight] of weighted) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error("There is nothing to choose from");
  };
}

function mixed(value: number): number {
  let state = value | 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return state ^ (state >>> 15);
}
