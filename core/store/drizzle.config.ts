import { defineConfig } from "drizzle-kit";

/** Which twin: `DIALECT=postgresql bun run migrations -- --name …`; SQLite without it. */
const isPostgres = process.env.DIALECT === "postgresql";

export default defineConfig({
  dialect: isPostgres ? "postgresql" : "sqlite",
  schema: isPostgres ? "./core/store/schema.postgres.ts" : "./core/store/schema.sqlite.ts",
  out: isPostgres ? "./core/store/migrations/postgres" : "./core/store/migrations/sqlite",
});
