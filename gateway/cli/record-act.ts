import { type Act, createAudit, NO_ORIGIN, OPERATOR } from "../../core/audit/audit.ts";
import { auditOnPostgres } from "../../core/store/postgres/audit.ts";
import type { OpenPostgres } from "../../core/store/postgres/open.ts";

/** Writes down what a command has done to a PostgreSQL database on which no gateway works. */
export function recordAct(opened: OpenPostgres, act: Pick<Act, "action" | "after">): Promise<void> {
  const { now } = opened.shared;
  const audit = createAudit(auditOnPostgres(opened), () => Bun.randomUUIDv7("hex", now()), now);
  const target = { kind: "database", id: null, name: null };
  return audit.record({ ...act, target, workspaceId: null, actor: OPERATOR, origin: NO_ORIGIN, before: null });
}
