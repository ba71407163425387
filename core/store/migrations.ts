import { createHash } from "node:crypto";
import type { MigrationMeta } from "drizzle-orm/migrator";

/** What drizzle-kit notes of each migration in `meta/_journal.json`; `when` is in Unix milliseconds. */
export interface MigrationJournal {
  readonly entries: readonly { readonly tag: string; readonly when: number; readonly breakpoints: boolean }[];
}

/** A migration, with the name under which it is told. */
export interface Migration extends MigrationMeta {
  readonly tag: string;
}

/**
 * The migrations of one dialect, oldest first, as drizzle's own reader makes them of a folder. The texts are imported and
 * not read, so that an executable carries them.
 * @param texts the SQL of each migration by its tag, such as `0000_tables`
 * @throws {Error} when a migration of the journal has no text
 */
export function composeMigrations(
  journal: MigrationJournal,
  texts: Readonly<Record<string, string>>,
): readonly Migration[] {
  return journal.entries.map(({ tag, when, breakpoints }) => {
    const text = texts[tag];
    if (text === undefined) throw new Error(`The migration ${tag} is in the journal, but its SQL is not imported.`);
    return {
      tag,
      sql: text.split("--> statement-breakpoint"),
      bps: breakpoints,
      folderMillis: when,
      hash: createHash("sha256").update(text).digest("hex"),
    };
  });
}
