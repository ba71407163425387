import { auditQueries } from "../drizzle/audit.ts";
import * as schema from "../schema.postgres.ts";
import type { AuditStore } from "../store.ts";
import type { OpenPostgres } from "./open.ts";

/** The audit of a database that is open for a command and not for a gateway. */
export const auditOnPostgres = ({ db }: Pick<OpenPostgres, "db">): AuditStore => auditQueries({ db, tables: schema });
