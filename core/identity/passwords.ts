import { tooManyTries } from "./identity-error.ts";

/**
 * Argon2id with 19 MiB and two passes, what OWASP asks for at least; one hash takes 48 to 73 ms of a core (measured on the machine of the
 * benchmarks). The next step it names, 46 MiB and one pass, costs the same time and more than twice the memory.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
 */
const ARGON2ID = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

/**
 * A hash by {@link ARGON2ID} of a password that nobody knows any more, compared with where there is nobody, so that "unknown" takes
 * as long as "wrong".
 */
export const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$f4Bm/C1TwoWoLgt7Atmmve4qlwJmGHzlCACqmgF555Y$J2yZWDCy5zR4v6pQtMQp8mTNNP+pd+R8qiIRFupC1Us";

/** Hashes computed at once: a storm of sign-ins must leave the machine to those who send conversions. */
const AT_ONCE = 2;
/** Those who wait beside them, for about a second. */
const MOST_WAITING = 32;
const RETRY_MS = 2000;

/** Slow hashes, few at once. */
export interface Passwords {
  /**
   * @returns argon2id's own text, with its salt and parameters
   * @throws {IdentityError} `over_request_rate_limit` while too many wait
   */
  hash(password: string): Promise<string>;
  /**
   * Compares with a hash, or with nobody's where there is none, which takes as long.
   * @throws {IdentityError} `over_request_rate_limit` while too many wait
   */
  verify(password: string, hash: string | null): Promise<boolean>;
}

/** What computes hashes; tests count them. */
export type PasswordHasher = Pick<typeof Bun.password, "hash" | "verify">;

/** Passwords by argon2id, behind a short queue. */
export function createPasswords(hasher: PasswordHasher = Bun.password): Passwords {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(compute: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) {
      if (waiting.length >= MOST_WAITING) throw tooManyTries(RETRY_MS);
      await new Promise<void>((start) => waiting.push(start));
    } else running++;
    try {
      return await compute();
    } finally {
      // Whoever waits takes over the place.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return {
    hash: (password) => inTurn(() => hasher.hash(password, ARGON2ID)),
    verify: (password, hash) =>
      inTurn(async () => (await hasher.verify(password, hash ?? NOBODYS_HASH)) && hash !== null),
  };
}
