import tables from "../migrations/sqlite/0000_tables.sql" with { type: "text" };
import views from "../migrations/sqlite/0001_views.sql" with { type: "text" };
import people from "../migrations/sqlite/0002_people.sql" with { type: "text" };
import sources from "../migrations/sqlite/0003_sources.sql" with { type: "text" };
import journal from "../migrations/sqlite/meta/_journal.json" with { type: "json" };
import { composeMigrations } from "../migrations.ts";

/** Every migration of the SQLite schema. A new one is two lines here. */
export const migrations = composeMigrations(journal, {
  "0000_tables": tables,
  "0001_views": views,
  "0002_people": people,
  "0003_sources": sources,
});
