/** Every table on PostgreSQL, and their schema, which drizzle-kit would drop were it not exported. */
export { gateway } from "./postgres/columns.ts";
export * from "./schema/delivery.postgres.ts";
export * from "./schema/people.postgres.ts";
export * from "./schema/sources.postgres.ts";
