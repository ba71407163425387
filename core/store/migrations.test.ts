import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { composeMigrations, type Migration } from "./migrations.ts";

const FOLDER = `${import.meta.dir}/migrations`;
const dialects = readdirSync(FOLDER);

test.each(dialects)(
  "the program carries every migration of %s, as drizzle reads them from the folder",
  async (dialect) => {
    const { migrations } = (await import(`./${dialect}/migrations.ts`)) as { migrations: readonly Migration[] };

    expect(migrations.map(({ tag: _, ...migration }) => migration)).toEqual(
      readMigrationFiles({ migrationsFolder: `${FOLDER}/${dialect}` }),
    );
    expect(migrations.length).toBeGreaterThan(0);
  },
);

test("a migration whose SQL was forgotten is told by its name", () => {
  const journal = { entries: [{ tag: "0007_forgotten", when: 1, breakpoints: true }] };

  expect(() => composeMigrations(journal, {})).toThrow("0007_forgotten");
});
