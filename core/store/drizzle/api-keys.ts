import { and, eq, isNull } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { ApiKeyRecord, ApiKeyStore } from "../store.ts";
import { first } from "./first.ts";

/** Keys of programs. Here and beside drizzle says it all; what is asked often is prepared. */
export function apiKeyQueries({ db, tables: { apiKeys } }: Drizzle): ApiKeyStore {
  return {
    async create(key) {
      return first(await db.insert(apiKeys).values(key).returning()) as ApiKeyRecord;
    },
    async findByPrefix(prefix) {
      return first(await db.select().from(apiKeys).where(eq(apiKeys.prefix, prefix))) as ApiKeyRecord | null;
    },
    async list(workspaceId) {
      const found = await db.select().from(apiKeys).where(eq(apiKeys.workspaceId, workspaceId)).orderBy(apiKeys.id);
      return found as ApiKeyRecord[];
    },
    async revoke(workspaceId, uuid, now) {
      const inForce = and(eq(apiKeys.workspaceId, workspaceId), eq(apiKeys.uuid, uuid), isNull(apiKeys.revokedAt));
      const revoked = db.update(apiKeys).set({ revokedAt: now }).where(inForce).returning();
      return first(await revoked) as ApiKeyRecord | null;
    },
    async recordUse(id, now) {
      await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id));
    },
  };
}
