/** Every table on SQLite. */
export * from "./schema/delivery.sqlite.ts";
export * from "./schema/people.sqlite.ts";
export * from "./schema/sources.sqlite.ts";
