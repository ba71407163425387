import tables from "../migrations/postgres/0000_tables.sql" with { type: "text" };
import partitions from "../migrations/postgres/0001_partitions_and_functions.sql" with { type: "text" };
import views from "../migrations/postgres/0002_views.sql" with { type: "text" };
import intake from "../migrations/postgres/0003_intake.sql" with { type: "text" };
import people from "../migrations/postgres/0004_people.sql" with { type: "text" };
import sources from "../migrations/postgres/0005_sources.sql" with { type: "text" };
import journal from "../migrations/postgres/meta/_journal.json" with { type: "json" };
import { composeMigrations } from "../migrations.ts";

/** Every migration of the PostgreSQL schema. A new one is two lines here. */
export const migrations = composeMigrations(journal, {
  "0000_tables": tables,
  "0001_partitions_and_functions": partitions,
  "0002_views": views,
  "0003_intake": intake,
  "0004_people": people,
  "0005_sources": sources,
});
