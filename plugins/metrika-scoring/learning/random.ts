/** A source of random numbers that gives the same ones for the same seed, on every machine. */
export interface Random {
  /** A number in [0, 1) of 32 random bits. */
  next(): number;
  /** A whole number in [0, limit); limit is at most 2^32. */
  below(limit: number): number;
  /** Another source, independent of what this one gives later. */
  fork(): Random;
}

/**
 * xoshiro128** by D. Blackman and S. Vigna (https://prng.di.unimi.it/), its state filled from the seed by splitmix32.
 * @param seed a whole number; its lowest 32 bits count
 */
export function createRandom(seed: number): Random {
  const mix = splitmix32(seed);
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  const bits = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  const next = () => bits() / 2 ** 32;
  return { next, below: (limit) => Math.floor(next() * limit), fork: () => createRandom(bits()) };
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** Puts a list into a random order, in place (Fisher and Yates). */
export function shuffle(list: Int32Array, random: Random): Int32Array {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = list[i]!;
    list[i] = list[j]!;
    list[j] = kept;
  }
  return list;
}
