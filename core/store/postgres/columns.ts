import { bigint, customType, pgSchema } from "drizzle-orm/pg-core";

/**
 * A schema of its own, since Supabase publishes `public`, with row-level security on and no policy, which shuts out everybody
 * but the tables' owner.
 */
export const gateway = pgSchema("gateway");

/** Whole numbers up to 2^53. */
export const int = (name?: string) =>
  name === undefined ? bigint({ mode: "number" }) : bigint(name, { mode: "number" });
const flagType = customType<{ data: boolean; driverData: number }>({
  dataType: () => "smallint",
  fromDriver: (value) => value === 1,
  toDriver: (value) => (value ? 1 : 0),
});
/** Truth as 1 or 0, so that a statement reads the same on both databases. */
export const flag = (name?: string) => (name === undefined ? flagType() : flagType(name));
/** An id that the database gives out. */
export const givenId = () => bigint({ mode: "number" }).primaryKey().generatedByDefaultAsIdentity();
