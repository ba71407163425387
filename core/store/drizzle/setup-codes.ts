import { and, eq, isNull } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import { ensureSetupCode, replaceSetupCode, spendSetupCode } from "../sql/setup-codes.ts";
import type { Driver } from "../sql/work.ts";
import type { SetupCodeStore } from "../store.ts";

/** Codes that make the first owner. */
export function setupCodeQueries({ db, tables: { oneTimeCodes } }: Drizzle, driver: Driver): SetupCodeStore {
  return {
    ensure: (fresh, workspaceId) => driver.beside(() => ensureSetupCode(fresh, workspaceId)),
    replace: (fresh, workspaceId) => driver.beside(() => replaceSetupCode(fresh, workspaceId)),
    async isOpen(hash) {
      const open = and(eq(oneTimeCodes.kind, "setup"), eq(oneTimeCodes.hash, hash), isNull(oneTimeCodes.usedAt));
      return (await db.select({ id: oneTimeCodes.id }).from(oneTimeCodes).where(open)).length > 0;
    },
    use: ({ hash, userId, workspaceId, now }) => driver.beside(() => spendSetupCode(hash, userId, workspaceId, now)),
  };
}
