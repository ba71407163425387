import { DrizzleQueryError } from "drizzle-orm";

/**
 * A part of the store whose errors are the database's own. drizzle wraps them in one that tells the statement with everything
 * put into it, and hashes of secrets and sealed tokens belong in no log.
 */
export function withPlainErrors<T extends object>(part: T): T {
  const plain = Object.entries(part).map(([name, method]) => [
    name,
    async (...args: readonly unknown[]) => {
      try {
        return await method(...args);
      } catch (error) {
        throw error instanceof DrizzleQueryError ? error.cause : error;
      }
    },
  ]);
  return Object.fromEntries(plain) as T;
}

/** The same for a part that is made of parts. */
export function withPlainParts<T extends Readonly<Record<keyof T, object>>>(part: T): T {
  const plain = Object.entries<object>(part).map(([name, inner]) => [name, withPlainErrors(inner)]);
  return Object.fromEntries(plain) as T;
}
